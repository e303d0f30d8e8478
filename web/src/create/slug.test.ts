import { expect, it } from "vitest";
import { slug } from "./slug.ts";

it.each([
  ["Fern & Flint", "fern-flint"],
  ["Söhne & Café", "soehne-cafe"],
  ["Robin's Straße", "robins-strasse"],
  ["Цветы и камни", "tsvety-i-kamni"],
  ["42 Things", "things"],
  ["日本", ""],
  [`${"a".repeat(39)} b`, "a".repeat(39)],
  [`${"a".repeat(39)} bee`, "a".repeat(39)],
  [`${"a".repeat(40)} bee`, "a".repeat(40)],
  ["a".repeat(50), "a".repeat(40)],
  ["The little shop of handmade pottery and flowers", "the-little-shop-of-handmade-pottery-and"],
])("makes a name of %s: %s", (title, name) => expect(slug(title)).toBe(name));
