import type { Engine, Phase, Store } from "../api/types.ts";

/** The engines of a platform. */
export const engines: Engine[] = [
  {
    name: "medusa",
    title: "Medusa",
    description: "A modern shop.",
    version: "2.21.2",
    components: [{ name: "server", title: "Server" }],
    keys: [{ name: "publishable-key", title: "Publishable key" }],
    available: true,
  },
];

/** A store as the API shows it, with what a test wants to be different. */
export function aStore(change: Partial<Store> = {}): Store {
  const name = change.name ?? "fern-flint";
  return {
    name,
    uid: `uid-of-${name}`,
    displayName: "Fern & Flint",
    engine: "medusa",
    version: "2.21.2",
    plan: "small",
    owner: "u1",
    state: "Ready",
    url: `http://${name}.shopflow.localhost:8080`,
    adminUrl: `http://${name}.shopflow.localhost:8080/app`,
    timeline: [],
    conditions: [],
    createdAt: "2026-11-01T10:00:00Z",
    ...change,
  };
}

/** A step of a timeline that began so many seconds after ten o'clock, and ended unless it has no length. */
export function aPhase(phase: string, began: number, seconds?: number): Phase {
  const at = (second: number) => new Date(Date.parse("2026-11-01T10:00:00Z") + second * 1000).toISOString();
  return seconds === undefined
    ? { phase, startedAt: at(began), seconds: 0 }
    : { phase, startedAt: at(began), endedAt: at(began + seconds), seconds };
}
