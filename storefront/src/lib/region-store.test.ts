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
  ["the saved one", [us, eu], "reg_eu", undefined, eu],
  ["the shop's currency when the saved one is gone", [us, eu], "reg_old", "eur", eu],
  ["the first", [us, eu], null, undefined, us],
  ["none", [], null, "usd", null],
])("picks %s", (_case, regions, saved, currency, want) => {
  expect(pickRegion(regions, saved, currency)).toBe(want);
});

it("reads the regions once, and again after a failure", async () => {
  const regions = vi.fn<() => Promise<Region[]>>();
  regions.mockRejectedValueOnce(new TypeError("offline")).mockResolvedValueOnce([us, eu]);
  const store = new RegionStore({ regions }, noStorage());
  await expect(store.ensure()).rejects.toThrow("offline");
  expect(await Promise.all([store.ensure(), store.ensure()])).toEqual([us, us]);
  expect(regions).toHaveBeenCalledTimes(2);
});

it("remembers the shopper's choice", async () => {
  const keep = noStorage();
  const api = { regions: async () => [us, eu] };
  const store = new RegionStore(api, keep);
  await store.ensure();
  const heard = vi.fn();
  store.subscribe(heard);
  store.choose("reg_nowhere");
  store.choose("reg_eu");
  expect(store.current()).toBe(eu);
  expect(heard).toHaveBeenCalledTimes(1);
  expect(await new RegionStore(api, keep).ensure()).toBe(eu);
});
