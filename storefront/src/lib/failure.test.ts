import { FetchError } from "@medusajs/js-sdk";
import { expect, it } from "vitest";
import { describeFailure, TimeoutError, withTimeout } from "./failure";

it.each([
  ["a lost connection", new TypeError("Failed to fetch"), "offline", /connection/],
  ["an answer that never came", new TimeoutError("no answer"), "offline", /connection/],
  ["a gateway without the store", new FetchError("", "Service Unavailable", 503), "server", /try again/],
  [
    "a missing thing",
    new FetchError("Cart id not found: cart_1", "Not Found", 404),
    "gone",
    /could not find/,
  ],
  [
    "too little stock",
    new FetchError("Some variant does not have the required inventory", "Bad Request", 400),
    "refused",
    /not enough in stock/,
  ],
  [
    "an unknown refusal",
    new FetchError("Invalid request: email", "Bad Request", 400),
    "refused",
    /^Invalid request: email$/,
  ],
  ["an empty refusal", new FetchError("", "", 400), "refused", /did not accept/],
])("sorts %s", (_case, error, kind, message) => {
  const failure = describeFailure(error);
  expect(failure.kind).toBe(kind);
  expect(failure.message).toMatch(message);
});

it("keeps an over-long refusal short", () => {
  expect(describeFailure(new FetchError("x".repeat(5000), "", 400)).message).toHaveLength(200);
});

it("bounds a wait", async () => {
  await expect(withTimeout(new Promise(() => undefined), 1)).rejects.toBeInstanceOf(TimeoutError);
  await expect(withTimeout(Promise.resolve(3), 1000)).resolves.toBe(3);
});
