import { expect, it, vi } from "vitest";
import type { Region } from "./api";
import { pickRegion, RegionStore } from "./region-store";
import { keepIn } from "./storage";

const region = (id: string, currency_code: string) => ({ id, name: id, currency_code }) as Region;
const us = region("reg_us", "usd");
const eu = region("reg_eu", "eur");
const noStorage = () =>
  keepIn(() => {
    throw new Error("storage is refused");
  });

it.each([
  ["the saved one", [us, eu], "reg_eu", "reg_us", eu],
  ["the store's default", [eu, us], null, "reg_us", us],
  ["the store's default when the saved one is gone", [us, eu], "reg_old", "reg_eu", eu],
  ["the first by name without a default", [us, eu], null, undefined, eu],
  ["the first by name when the default is gone", [us, eu], null, "reg_old", eu],
  ["none", [], null, "reg_us", null],
])("picks %s", (_case, regions, saved, defaultId, want) => {
  expect(pickRegion(regions, saved, defaultId)).toBe(want);
  expect(pickRegion([...regions].reverse(), saved, defaultId)).toBe(want);
});

it("reads the regions once, and again after a failure", async () => {
  const regions = vi.fn<() => Promise<Region[]>>();
  regions.mockRejectedValueOnce(new TypeError("offline")).mockResolvedValueOnce([us, eu]);
  const store = new RegionStore({ regions }, noStorage(), "reg_us");
  await expect(store.ensure()).rejects.toThrow("offline");
  expect(await Promise.all([store.ensure(), store.ensure()])).toEqual([us, us]);
  expect(regions).toHaveBeenCalledTimes(2);
});

it("remembers the shopper's choice", async () => {
  const keep = noStorage();
  const api = { regions: async () => [us, eu] };
  const store = new RegionStore(api, keep, "reg_us");
  await store.ensure();
  const heard = vi.fn();
  store.subscribe(heard);
  store.choose("reg_nowhere");
  store.choose("reg_eu");
  expect(store.current()).toBe(eu);
  expect(heard).toHaveBeenCalledTimes(1);
  expect(await new RegionStore(api, keep, "reg_us").ensure()).toBe(eu);
});
