import { describe, expect, it } from "vitest";
import { aPhase, aStore } from "../test/fixtures.ts";
import { hasSold, lastProgress, progressOf, stepsOf, timeToReady } from "./steps.ts";

const at = (second: number) => Date.parse("2026-11-01T10:00:00Z") + second * 1000;
const half = [aPhase("NamespaceReady", 0, 1), aPhase("GuardrailsReady", 1, 2), aPhase("CredentialsReady", 3)];

describe("stepsOf", () => {
  it("knows what is done, what is running and what waits", () => {
    const steps = stepsOf(aStore({ state: "Provisioning", timeline: half }), at(10));
    expect(steps.map((step) => step.state)).toEqual([
      "done",
      "done",
      "running",
      "waiting",
      "waiting",
      "waiting",
      "waiting",
    ]);
    expect(steps[2]).toMatchObject({ offset: 3, seconds: 7 });
  });
  it("puts the cause where it stopped, once", () => {
    const cause = { reason: "ImagePullFailed", message: "The image is not there" };
    const timeline = [...half, aPhase("Released", 4)];
    const steps = stepsOf(aStore({ state: "Failed", timeline, cause }), at(10));
    expect(steps.map((step) => step.state).slice(2, 4)).toEqual(["failed", "running"]);
    expect(steps.flatMap((step) => step.note ?? [])).toEqual(["The image is not there"]);
  });
  it("never counts less than the server did, whatever this machine's clock says", () => {
    const phase = { ...aPhase("NamespaceReady", 0), seconds: 4 };
    expect(stepsOf(aStore({ state: "Provisioning", timeline: [phase] }), at(-60))[0]?.seconds).toBe(4);
  });
  it("handles a store that the controller has not seen yet", () => {
    const steps = stepsOf(aStore({ state: "Provisioning" }), at(0));
    expect(new Set(steps.map((step) => step.state))).toEqual(new Set(["waiting"]));
  });
});

it("says in a few words how far it is", () => {
  expect(progressOf(aStore({ state: "Provisioning", timeline: half }))).toBe(
    "Step 3 of 7: Generate credentials",
  );
  expect(progressOf(aStore({ state: "Provisioning" }))).toBe("Step 1 of 7: Create namespace");
});

it("knows how long the way to the first sale took", () => {
  const timeline = [aPhase("NamespaceReady", 1, 1), aPhase("Selling", 2, 17)];
  expect(timeToReady(aStore({ timeline }))).toBe(19);
  expect(timeToReady(aStore({ state: "Provisioning", timeline }))).toBeUndefined();
});

it("knows when a store last made progress", () => {
  expect(lastProgress(aStore({ timeline: half }))).toBe(at(3));
});

it("keeps a store that has sold at hand while something is wrong with it", () => {
  const receipt = { orderNumber: "1", soldAt: "2026-11-01T10:00:00Z", milliseconds: 900, steps: [] };
  expect(hasSold(aStore({ state: "Degraded", receipt }))).toBe(true);
  expect(hasSold(aStore({ state: "Provisioning" }))).toBe(false);
  expect(hasSold(aStore({ state: "Deleting", receipt }))).toBe(false);
});
