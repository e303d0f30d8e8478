import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Store } from "../api/types.ts";
import { aStore } from "../test/fixtures.ts";
import { ChangeNotices } from "./change.tsx";
import { TitleSettings } from "./title.tsx";

function show(store: Store, answer: object) {
  const fetch = vi.fn((_request: Request) =>
    Promise.resolve(
      new Response(JSON.stringify(answer), { status: 202, headers: { "Content-Type": "application/json" } }),
    ),
  );
  vi.stubGlobal("fetch", fetch);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ChangeNotices store={store} />
      <TitleSettings store={store} />
    </QueryClientProvider>,
  );
  return fetch;
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("the title of a shop", () => {
  it("is changed to what was typed", async () => {
    const fetch = show(aStore({ displayName: "Old" }), aStore({ displayName: "New" }));
    const button = screen.getByRole("button", { name: "Change the title" });
    expect(button).toHaveProperty("disabled", true);
    const field = screen.getByRole("textbox", { name: "Shop name" });
    fireEvent.change(field, { target: { value: "  " } });
    expect(button).toHaveProperty("disabled", true);
    fireEvent.change(field, { target: { value: " New " } });
    fireEvent.click(button);
    await waitFor(() => expect(fetch).toHaveBeenCalledOnce());
    expect(await fetch.mock.calls[0]?.[0]?.json()).toEqual({ displayName: "New" });
  });
});

describe("what came of a change", () => {
  const of = (reason: string, message: string) => ({
    type: "Updated",
    status: "False" as const,
    reason,
    message,
    lastTransitionTime: "2026-11-01T10:00:00Z",
  });
  it("is said where it was refused or the shop did not sell afterwards", () => {
    show(
      aStore({
        conditions: [of("ChangeRefused", "No node has room"), of("CheckFailed", "The cart is empty")],
      }),
      {},
    );
    expect(screen.getByRole("status").textContent).toContain("No node has room");
    expect(screen.getByRole("alert").textContent).toContain("The cart is empty");
  });
  it("is not said where all is well", () => {
    show(aStore({ conditions: [of("Succeeded", "The store is what its spec says")] }), {});
    expect(screen.queryByRole("status")).toBeNull();
  });
});
