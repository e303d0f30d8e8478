import { expect, it } from "vitest";
import { formatMoney } from "./money";

it.each([
  [34, "usd", "en-US", "$34.00"],
  [1234.5, "usd", "en-US", "$1,234.50"],
  [1234.5, "eur", "de-DE", "1.234,50 €"],
  [1200, "jpy", "en-US", "¥1,200"],
  [0, "usd", "en-US", "$0.00"],
  [9.999, "usd", "en-US", "$10.00"],
  [12, "not a code", "en-US", "12.00 NOT A CODE"],
])("writes %d %s for %s", (amount, currency, locale, want) => {
  expect(formatMoney(amount, currency, locale).replace(/\u00a0/g, " ")).toBe(want);
});
