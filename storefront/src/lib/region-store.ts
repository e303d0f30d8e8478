import type { Api, Region } from "./api";
import type { Keep } from "./storage";

const regionKey = "shopflow.region";

/** The region that the shopper buys in: it determines prices, currency and countries. */
export class RegionStore {
  readonly #api: Pick<Api, "regions">;
  readonly #keep: Keep;
  readonly #defaultId: string | undefined;
  readonly #listeners = new Set<() => void>();
  #loading: Promise<Region[]> | null = null;
  #regions: Region[] = [];
  #current: Region | null = null;

  constructor(api: Pick<Api, "regions">, keep: Keep, defaultId?: string) {
    this.#api = api;
    this.#keep = keep;
    this.#defaultId = defaultId;
  }

  /** The regions, empty until loaded. */
  regions = (): Region[] => this.#regions;

  /** The shopper's region, null until loaded. */
  current = (): Region | null => this.#current;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Waits for the shopper's region. Fails when the store cannot be read or has no region. */
  async ensure(): Promise<Region> {
    if (this.#current) return this.#current;
    this.#loading ??= this.#api.regions();
    try {
      this.#regions = await this.#loading;
    } catch (error) {
      this.#loading = null;
      throw error;
    }
    const region = pickRegion(this.#regions, this.#keep.get(regionKey), this.#defaultId);
    if (region === null) throw new Error("the store has no region to sell in");
    if (this.#current === null) {
      this.#current = region;
      this.#notify();
    }
    return this.#current;
  }

  /** Switches to another region. Unknown ids are ignored. */
  choose(id: string): void {
    const region = this.#regions.find((candidate) => candidate.id === id);
    if (!region || region.id === this.#current?.id) return;
    this.#current = region;
    this.#keep.set(regionKey, id);
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

/**
 * Takes the region that the shopper chose before, else the store's default. A store without a default opens in
 * the first by name: the order of the list means nothing.
 */
export function pickRegion(
  regions: Region[],
  savedId: string | null,
  defaultId: string | undefined,
): Region | null {
  const byId = (id: string | null | undefined) => regions.find((region) => region.id === id);
  const [first] = [...regions].sort((a, b) => a.name.localeCompare(b.name));
  return byId(savedId) ?? byId(defaultId) ?? first ?? null;
}
