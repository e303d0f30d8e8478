import { describe, expect, it } from "vitest";
import { count, formatAge, formatBytes, formatCpu, formatMilliseconds, formatSeconds } from "./format.ts";

describe("formatAge", () => {
  const now = Date.parse("2026-11-01T12:00:00Z");
  it.each([
    ["2026-11-01T11:59:40Z", "just now"],
    ["2026-11-01T11:58:01Z", "1 minute ago"],
    ["2026-11-01T10:00:00Z", "2 hours ago"],
    ["2026-10-31T11:00:00Z", "yesterday"],
    ["2026-08-01T12:00:00Z", "3 months ago"],
    ["2026-11-08T12:00:00Z", "in 7 days"],
    ["2026-11-01T12:00:30Z", "in a moment"],
  ])("says of %s: %s", (moment, words) => expect(formatAge(moment, now)).toBe(words));
});

describe("formatSeconds", () => {
  it.each([
    [0.04, "0.0 s"],
    [1.44, "1.4 s"],
    [9.97, "10 s"],
    [59.4, "59 s"],
    [60, "1 min"],
    [185, "3 min 5 s"],
    [7_800, "2 h 10 min"],
    [7_200, "2 h"],
  ])("writes %d as %s", (seconds, words) => expect(formatSeconds(seconds)).toBe(words));
});

it("writes amounts with as many digits as matter", () => {
  expect([formatBytes(0), formatBytes(1536), formatBytes(327_155_712), formatBytes(2 ** 30)]).toEqual([
    "0 B",
    "1.5 KiB",
    "312 MiB",
    "1 GiB",
  ]);
  expect([formatCpu(40.4), formatCpu(1640)]).toEqual(["40 m", "1.64 CPU"]);
  expect([formatMilliseconds(84), formatMilliseconds(1234)]).toEqual(["84 ms", "1.2 s"]);
  expect([count(1, "store"), count(1200, "store")]).toEqual(["1 store", "1,200 stores"]);
});
