import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { actionWords, kinds } from "./audit-words.ts";

const routes = readFileSync(`${import.meta.dirname}/../../../internal/server/routes.go`, "utf8");
const actions = [...routes.matchAll(/audit: \[\]string\{([^}]*)\}/g)].flatMap(([, list = ""]) =>
  [...list.matchAll(/"([^"]+)"/g)].map(([, action = ""]) => action),
);

it("has words for each action that the server records", () => {
  expect(actions.length).toBeGreaterThan(15);
  expect(actions.filter((action) => actionWords(action) === action)).toEqual([]);
});

it("lets people choose each kind of action", () => {
  const chosen = kinds.map(({ value }) => String(value));
  expect(actions.filter((action) => !chosen.includes(action.split(".")[0] ?? ""))).toEqual([]);
});

it("shows an action that it does not know as it is", () =>
  expect(actionWords("store.paint")).toBe("store.paint"));
