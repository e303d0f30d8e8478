import { expect, it, vi } from "vitest";
import { Cache } from "./resource";

it("loads a key once and tells its listeners", async () => {
  const cache = new Cache();
  const seen: (string | undefined)[] = [];
  cache.subscribe(() => seen.push(cache.get("a")?.status));
  const loader = vi.fn(async () => 1);
  await Promise.all([cache.load("a", loader), cache.load("a", loader)]);
  expect(loader).toHaveBeenCalledTimes(1);
  expect(seen).toEqual(["loading", "ready"]);
  expect(cache.get("a")).toEqual({ status: "ready", value: 1 });
});

it("loads again after a failure and after a drop", async () => {
  const cache = new Cache();
  const fault = new Error("no");
  await cache.load("p:1", async () => Promise.reject(fault));
  expect(cache.get("p:1")).toEqual({ status: "error", error: fault });
  await cache.load("p:1", async () => 2);
  expect(cache.get("p:1")).toEqual({ status: "ready", value: 2 });
  cache.set("q:1", 3);
  cache.drop("p:");
  expect(cache.get("p:1")).toBeUndefined();
  expect(cache.get("q:1")).toEqual({ status: "ready", value: 3 });
});
