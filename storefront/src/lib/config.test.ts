import { describe, expect, it } from "vitest";
import { cleanName, parseConfig } from "./config";

describe("parseConfig", () => {
  const key = `pk_${"a".repeat(64)}`;

  it.each([
    ["nothing", null],
    ["the template's empty object", "{}"],
    ["broken JSON", '{"publishableKey":'],
    ["null", "null"],
    ["a list", "[]"],
    ["a key that is no string", '{"publishableKey":7,"storeName":"x"}'],
    ["a key that would break the header", '{"publishableKey":"pk_\\r\\nx-evil: 1","storeName":"x"}'],
  ])("refuses %s", (_case, text) => {
    expect(parseConfig(text)).toBeNull();
  });

  it("reads key, name and currency", () => {
    const text = JSON.stringify({ publishableKey: key, storeName: "Moss & Clay", currency: "USD" });
    expect(parseConfig(text)).toEqual({ publishableKey: key, storeName: "Moss & Clay", currency: "usd" });
  });

  it.each([7, "dollars", ""])("leaves out the currency %j", (currency) => {
    expect(parseConfig(JSON.stringify({ publishableKey: key, storeName: "x", currency }))).toEqual({
      publishableKey: key,
      storeName: "x",
    });
  });

  it("falls back to a name when there is none", () => {
    expect(parseConfig(JSON.stringify({ publishableKey: key }))?.storeName).toBe("Store");
  });
});

describe("cleanName", () => {
  it.each([
    ["</script><script>alert(1)</script>", "</script><script>alert(1)</script>"],
    [`"quotes" & 'apostrophes' $(id)`, `"quotes" & 'apostrophes' $(id)`],
    ["two\nlines\r\n\tand tabs", "two lines and tabs"],
    ["nul\u0000 and escape\u001b[31m", "nul and escape [31m"],
    ["\u202egnp.exe\u202c", "gnp.exe"],
    ["\u{1f9f6} Wool \u{1f469}\u200d\u{1f33e}", "\u{1f9f6} Wool \u{1f469}\u200d\u{1f33e}"],
    ["  \u2028 ", "Store"],
  ])("makes one line of %j", (name, want) => {
    expect(cleanName(name)).toBe(want);
  });

  it("cuts by characters, never through an emoji", () => {
    const name = cleanName("\u{1f9f6}".repeat(200));
    expect(Array.from(name)).toHaveLength(120);
    expect(name.isWellFormed()).toBe(true);
  });
});
