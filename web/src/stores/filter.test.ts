import { expect, it } from "vitest";
import { aStore } from "../test/fixtures.ts";
import { countStates, filterStores } from "./filter.ts";

const stores = [
  aStore({ name: "fern-flint", createdAt: "2026-11-01T10:00:00Z" }),
  aStore({
    name: "old-mill",
    displayName: "Old Mill",
    state: "Failed",
    createdAt: "2026-11-02T10:00:00Z",
    owner: "u2",
  }),
  aStore({ name: "owl", displayName: "Night Owl", engine: "woocommerce", createdAt: "2026-11-03T10:00:00Z" }),
];
const found = (filter: Parameters<typeof filterStores>[1]) =>
  filterStores(stores, filter).map((store) => store.name);

it("shows the newest first", () => expect(found({})).toEqual(["owl", "old-mill", "fern-flint"]));
it("looks for every word in name, title and address", () => {
  expect(found({ q: "FLINT fern" })).toEqual(["fern-flint"]);
  expect(found({ q: "night" })).toEqual(["owl"]);
  expect(found({ q: "mill owl" })).toEqual([]);
});
it("filters by state, engine and owner", () => {
  expect(found({ state: "Failed" })).toEqual(["old-mill"]);
  expect(found({ engine: "woocommerce" })).toEqual(["owl"]);
  expect(found({ owner: "u2" })).toEqual(["old-mill"]);
});
it("counts states", () =>
  expect(countStates(stores)).toEqual({
    Ready: 2,
    Provisioning: 0,
    Degraded: 0,
    Failed: 1,
    DataLost: 0,
    Deleting: 0,
  }));
