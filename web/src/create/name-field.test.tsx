import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { NameField } from "./name-field.tsx";

afterEach(cleanup);

describe("the name in the address", () => {
  const field = (props: Partial<Parameters<typeof NameField>[0]>) =>
    render(
      <NameField
        name="fern"
        onChange={() => {}}
        check={undefined}
        pending={false}
        error={undefined}
        {...props}
      />,
    );
  it("shows the future address of a free name", () => {
    field({ check: { name: "fern", status: "free", url: "http://fern.shopflow.localhost:8080" } });
    expect(screen.getByText("fern.shopflow.localhost:8080")).toBeTruthy();
  });
  it("says what is wrong with the name", () => {
    field({ check: { name: "fern", status: "taken", reason: "This name is taken; choose another" } });
    expect(screen.getByText("This name is taken; choose another")).toBeTruthy();
    expect(screen.getByLabelText("Name in the address").getAttribute("aria-invalid")).toBe("true");
  });
  it("offers a similar name that is free", () => {
    const onChange = vi.fn();
    field({ onChange, check: { name: "fern", status: "taken", reason: "Taken", suggestion: "fern-2" } });
    fireEvent.click(screen.getByRole("button", { name: "Use fern-2" }));
    expect(onChange).toHaveBeenCalledWith("fern-2");
  });
  it("says why a title gives no name", () => {
    field({ name: "", foreign: true });
    expect(screen.getByRole("status").textContent).toContain("has no Latin letters");
  });
  it("never shows the answer about another name", () => {
    field({ check: { name: "fer", status: "taken", reason: "This name is taken" } });
    expect(screen.queryByText("This name is taken")).toBeNull();
  });
});
