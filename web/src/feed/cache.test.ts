import { describe, expect, it } from "vitest";
import { aStore } from "../test/fixtures.ts";
import { applyChanges, type Change } from "./cache.ts";

const before = { live: { a: aStore({ name: "a" }), b: aStore({ name: "b" }) }, gone: {} };
const names = (changes: Change[], stores = before) => {
  const after = applyChanges(stores, changes);
  return [Object.keys(after.live).sort(), Object.keys(after.gone).sort()];
};

describe("applyChanges", () => {
  it("adds what is new", () => {
    expect(names([{ kind: "updated", store: aStore({ name: "c" }) }])).toEqual([["a", "b", "c"], []]);
  });
  it("keeps a deleted store apart, with its receipt", () => {
    const last = aStore({ name: "a", deletion: { startedAt: "2026-11-01T10:00:00Z", remaining: nothing } });
    const after = applyChanges(before, [{ kind: "deleted", store: last }]);
    expect(after.live.a).toBeUndefined();
    expect(after.gone.a?.deletion?.remaining.pods).toBe(0);
  });
  it("drops what the server no longer has when a new connection is complete", () => {
    expect(names([{ kind: "synced", seen: new Set(["uid-of-b"]) }])).toEqual([["b"], ["a"]]);
  });
  it("does not delete a new store with the name of an old one", () => {
    expect(names([{ kind: "deleted", store: aStore({ name: "a", uid: "older" }) }])).toEqual([
      ["a", "b"],
      [],
    ]);
  });
  it("does not bring a store back by an answer that comes late", () => {
    const store = aStore({ name: "a" });
    expect(
      names([
        { kind: "deleted", store },
        { kind: "updated", store },
      ]),
    ).toEqual([["b"], ["a"]]);
  });
  it("shows the new store where the name was used before", () => {
    expect(
      names([
        { kind: "deleted", store: aStore({ name: "a" }) },
        { kind: "updated", store: aStore({ name: "a", uid: "newer" }) },
      ]),
    ).toEqual([["a", "b"], []]);
  });
});

const nothing = {
  namespaces: 0,
  persistentVolumeClaims: 0,
  persistentVolumes: 0,
  secrets: 0,
  services: 0,
  ingresses: 0,
  pods: 0,
};
