import { expect, it } from "vitest";
import { slug } from "./slug.ts";

it.each([
  ["Fern & Flint", "fern-flint"],
  ["Söhne & Café", "sohne-cafe"],
  ["Robin's Straße", "robins-strasse"],
  ["42 Things", "things"],
  ["日本", ""],
  [`${"a".repeat(39)} b`, "a".repeat(39)],
])("makes a name of %s: %s", (title, name) => expect(slug(title)).toBe(name));
