import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Store } from "../api/types.ts";
import { aStore } from "../test/fixtures.ts";
import { SoftwareSettings } from "./software.tsx";

function show(store: Store) {
  const fetch = vi.fn((_request: Request) =>
    Promise.resolve(
      new Response(JSON.stringify(store), { status: 202, headers: { "Content-Type": "application/json" } }),
    ),
  );
  vi.stubGlobal("fetch", fetch);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SoftwareSettings store={store} />
    </QueryClientProvider>,
  );
  return fetch;
}

const upToDate = (reason: string, status: "True" | "False") => [
  { type: "UpToDate", status, reason, message: "All is well", lastTransitionTime: "2026-11-01T10:00:00Z" },
];

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("the software of a store", () => {
  it("is refreshed where the platform brings something newer", async () => {
    const fetch = show(aStore({ conditions: upToDate("Outdated", "False") }));
    fireEvent.click(screen.getByRole("button", { name: "Refresh the software" }));
    await waitFor(() => expect(fetch).toHaveBeenCalledOnce());
    expect(await fetch.mock.calls[0]?.[0]?.json()).toEqual({ refresh: true });
  });
  it("waits while it is being refreshed", () => {
    const refresh = { requestedAt: "2026-11-01T10:00:00Z" };
    show(aStore({ refresh, conditions: upToDate("Refreshing", "False") }));
    expect(screen.getByRole("button", { name: "Refresh the software" })).toHaveProperty("disabled", true);
  });
  it("has no button where there is nothing newer", () => {
    show(aStore({ conditions: upToDate("Succeeded", "True") }));
    expect(screen.queryByRole("button")).toBeNull();
    expect(screen.getByText("All is well.")).toBeTruthy();
  });
});
