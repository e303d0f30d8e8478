import type { Store } from "../api/types.ts";

/** A step on the way to a store that sells, as it is shown. */
export type Step = {
  readonly phase: string;
  readonly title: string;
  /** What the step does, for people who do not know Kubernetes. */
  readonly about: string;
  readonly state: "done" | "running" | "failed" | "waiting";
  /** Seconds from the first step's start to this one's, and how long it took or has taken so far. */
  readonly offset: number;
  readonly seconds: number;
  readonly note: string | undefined;
};

const phases = [
  ["NamespaceReady", "Create namespace", "A namespace that holds everything the store owns"],
  ["GuardrailsReady", "Apply guard rails", "Limits and rules that isolate the store"],
  ["CredentialsReady", "Generate credentials", "Passwords and keys for this store only"],
  ["Released", "Install the software", "One Helm release"],
  ["WorkloadsReady", "Start the shop", "Database, server and storefront come up"],
  ["Exposed", "Publish the address", "The public address routes to the store"],
  ["Selling", "Prove the sale", "A real order through the public address, then removed"],
] as const;

export const phaseCount = phases.length;

/** The steps of a store in their order. `now` only tells how long a running step has taken so far. */
export function stepsOf(store: Store, now: number): Step[] {
  const begun = new Map(store.timeline.map((entry) => [entry.phase, entry]));
  const starts = store.timeline.map((entry) => Date.parse(entry.startedAt));
  const first = Math.min(...starts);
  let found = false;
  return phases.map(([phase, title, about]) => {
    const entry = begun.get(phase);
    if (!entry) return { phase, title, about, state: "waiting", offset: 0, seconds: 0, note: undefined };
    const start = Date.parse(entry.startedAt);
    const ended = entry.endedAt !== undefined;
    // The clocks of two machines may differ, so what the server counted is the least.
    const seconds = ended ? entry.seconds : Math.max(entry.seconds, (now - start) / 1000);
    const blamed = !ended && !found && store.state !== "Ready";
    if (blamed) found = true;
    const state = ended
      ? "done"
      : (store.state === "Failed" || store.state === "DataLost") && blamed
        ? "failed"
        : "running";
    return {
      phase,
      title,
      about,
      state,
      offset: (start - first) / 1000,
      seconds,
      note: blamed && store.state !== "Deleting" ? store.cause?.message : undefined,
    };
  });
}

/** "Step 5 of 7: Start the shop", or what a store that needs no steps is. */
export function progressOf(store: Store): string {
  const steps = stepsOf(store, 0);
  const at = steps.findIndex((step) => step.state === "running" || step.state === "failed");
  const next = at >= 0 ? at : steps.findIndex((step) => step.state === "waiting");
  const step = steps[next];
  return step ? `Step ${next + 1} of ${phaseCount}: ${step.title}` : "Finishing";
}

/** When the store last made progress, in milliseconds since the epoch. */
export function lastProgress(store: Store): number {
  const moments = [
    store.createdAt,
    ...store.timeline.flatMap((entry) => [entry.startedAt, entry.endedAt ?? entry.startedAt]),
    store.deletion?.startedAt ?? store.createdAt,
    ...store.conditions.map((condition) => condition.lastTransitionTime),
  ];
  return Math.max(...moments.map((moment) => Date.parse(moment)));
}

/** Whether people use the store: it has sold, so its addresses and credentials stay at hand whatever happens to it now. */
export const hasSold = (store: Store) => store.receipt !== undefined && store.state !== "Deleting";

/** How long the way to the first sale took, in seconds; undefined while it is not over. */
export function timeToReady(store: Store): number | undefined {
  if (store.state !== "Ready" || store.timeline.length === 0) return undefined;
  const ends = store.timeline.flatMap((entry) => (entry.endedAt ? [Date.parse(entry.endedAt)] : []));
  return Math.max(0, (Math.max(...ends) - Date.parse(store.createdAt)) / 1000);
}
