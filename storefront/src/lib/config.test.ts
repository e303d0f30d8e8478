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

  it("reads key, name and default region", () => {
    const config = { publishableKey: key, storeName: "Moss & Clay", regionId: "reg_1" };
    expect(parseConfig(JSON.stringify(config))).toEqual(config);
  });

  it.each([7, null, ""])("leaves out the default region %j", (regionId) => {
    expect(parseConfig(JSON.stringify({ publishableKey: key, storeName: "x", regionId }))).toEqual({
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
  ])("turns %j into one line", (name, want) => {
    expect(cleanName(name)).toBe(want);
  });

  it("cuts by characters, never through an emoji", () => {
    const name = cleanName("\u{1f9f6}".repeat(200));
    expect(Array.from(name)).toHaveLength(120);
    expect(name.isWellFormed()).toBe(true);
  });
});
