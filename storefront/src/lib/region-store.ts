import type { Api, Region } from "./api";
import type { Keep } from "./storage";

const regionKey = "shopflow.region";

/** Which of the store's regions the shopper buys in; it decides prices, currency and countries. */
export class RegionStore {
  readonly #api: Pick<Api, "regions">;
  readonly #keep: Keep;
  readonly #currency: string | undefined;
  readonly #listeners = new Set<() => void>();
  #loading: Promise<Region[]> | null = null;
  #regions: Region[] = [];
  #current: Region | null = null;

  constructor(api: Pick<Api, "regions">, keep: Keep, currency?: string) {
    this.#api = api;
    this.#keep = keep;
    this.#currency = currency;
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
    const region = pickRegion(this.#regions, this.#keep.get(regionKey), this.#currency);
    if (region === null) throw new Error("the store has no region to sell in");
    if (this.#current === null) {
      this.#current = region;
      this.#notify();
    }
    return this.#current;
  }

  /** Moves the shopper to another region. Unknown ids change nothing. */
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

/** Takes the region chosen before, else the first with the shop's currency, else the first. */
export function pickRegion(
  regions: Region[],
  savedId: string | null,
  currency: string | undefined,
): Region | null {
  return (
    regions.find((region) => region.id === savedId) ??
    regions.find((region) => region.currency_code === currency) ??
    regions[0] ??
    null
  );
}
