import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Plan, Store } from "../api/types.ts";
import { plansQuery } from "../platform/catalog.ts";
import { aStore } from "../test/fixtures.ts";
import { PlanSettings } from "./plan.tsx";

const plans: Plan[] = ["small", "large"].map((name) => ({
  name,
  description: `A ${name} shop`,
  sizes: [{ engine: "medusa", cpuMillicores: 1000, memoryBytes: 2 ** 30, storageBytes: 2 ** 30 }],
}));

function show(store: Store, answer: object, status = 202) {
  const fetch = vi.fn((_request: Request) =>
    Promise.resolve(
      new Response(JSON.stringify(answer), { status, headers: { "Content-Type": "application/json" } }),
    ),
  );
  vi.stubGlobal("fetch", fetch);
  const client = new QueryClient({ defaultOptions: { mutations: { retry: false } } });
  client.setQueryData(plansQuery.queryKey, plans);
  render(
    <QueryClientProvider client={client}>
      <PlanSettings store={store} />
    </QueryClientProvider>,
  );
  return fetch;
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("the plan of a store", () => {
  it("is changed to the one that was chosen", async () => {
    const fetch = show(aStore(), aStore({ plan: "large" }));
    const button = screen.getByRole("button", { name: "Change the plan" });
    expect(button).toHaveProperty("disabled", true);
    fireEvent.click(screen.getByRole("radio", { name: /Large/ }));
    fireEvent.click(button);
    await waitFor(() => expect(fetch).toHaveBeenCalledOnce());
    const request = fetch.mock.calls[0]?.[0];
    expect(request?.method).toBe("PATCH");
    expect(await request?.json()).toEqual({ plan: "large" });
  });
  it("shows what the platform answers", async () => {
    show(aStore(), { status: 409, code: "store_deleting", detail: "Store fern-flint is being deleted" }, 409);
    fireEvent.click(screen.getByRole("radio", { name: /Large/ }));
    fireEvent.click(screen.getByRole("button", { name: "Change the plan" }));
    await screen.findByText(/is being deleted/);
  });
});
