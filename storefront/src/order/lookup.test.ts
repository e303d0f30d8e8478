import { expect, it } from "vitest";
import { orderNumber } from "./lookup";

it.each([
  ["12", "12"],
  [" #12 ", "12"],
  ["Order #0012", "12"],
  ["No. 7", "7"],
  ["", null],
  ["0", null],
  ["twelve", null],
  ["12; drop table", null],
  ["1234567890", null],
])("reads %j", (text, want) => {
  expect(orderNumber(text)).toBe(want);
});
