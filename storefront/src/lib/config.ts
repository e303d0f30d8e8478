/** What the server tells the storefront about its store. */
export interface StoreConfig {
  publishableKey: string;
  storeName: string;
  /** The store's default region; absent when it has none. */
  regionId?: string;
}

const fallbackName = "Store";
const maxNameLength = 120;

/**
 * Turns a name from an untrusted source into one presentable line: line breaks and other control characters
 * become spaces, characters that reorder or hide text are dropped. The result is plain text and must still be
 * rendered as such.
 */
export function cleanName(name: string): string {
  const line = name
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .replace(/[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g, "")
    .replace(/\s+/g, " ")
    .trim();
  const short = Array.from(line).slice(0, maxNameLength).join("");
  return short === "" ? fallbackName : short;
}

/** Reads the store-config script. Returns null when the shop is not usable: no JSON or no key in it. */
export function parseConfig(text: string | null | undefined): StoreConfig | null {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "");
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { publishableKey, storeName, regionId } = value as Record<string, unknown>;
  if (typeof publishableKey !== "string" || !/^[\x21-\x7e]+$/.test(publishableKey)) return null;
  const config: StoreConfig = {
    publishableKey,
    storeName: cleanName(typeof storeName === "string" ? storeName : ""),
  };
  if (typeof regionId === "string" && regionId !== "") config.regionId = regionId;
  return config;
}
