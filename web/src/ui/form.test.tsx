import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { Problem } from "../api/problem.ts";
import { FormError } from "./form.tsx";

afterEach(cleanup);

const refused = (...fields: string[]) =>
  new Problem(422, {
    detail: "That cannot be taken",
    errors: fields.map((field) => ({ field, message: `${field} is wrong` })),
  });

describe("FormError", () => {
  it.each([
    { when: "nothing went wrong", error: undefined, says: [] },
    { when: "the request failed", error: new Problem(503, { detail: "Try later" }), says: ["Try later"] },
    { when: "a field of the form says it", error: refused("name"), says: [] },
    { when: "no field of the form can say it", error: refused("role"), says: ["role is wrong"] },
    { when: "a field says one of two", error: refused("name", "role"), says: ["role is wrong"] },
  ])("when $when", ({ error, says }) => {
    render(<FormError error={error} fields={["name"]} />);
    const alert = screen.queryByRole("alert");
    expect([...(alert?.querySelectorAll("p") ?? [])].map((line) => line.textContent)).toEqual(says);
  });
});
