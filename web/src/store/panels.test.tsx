import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { enginesQuery } from "../platform/catalog.ts";
import { aPhase, aStore, engines } from "../test/fixtures.ts";
import { CredentialsPanel } from "./credentials.tsx";
import { DeletedStore } from "./deletion.tsx";
import { SaleReceipt } from "./sale-receipt.tsx";
import { Timeline } from "./timeline.tsx";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ children }: { children: ReactElement }) => <a href="/">{children}</a>,
}));

function show(element: ReactElement) {
  const client = new QueryClient({ defaultOptions: { mutations: { retry: false } } });
  client.setQueryData(enginesQuery.queryKey, engines);
  return render(<QueryClientProvider client={client}>{element}</QueryClientProvider>);
}

/** Answers every request with the content, and counts them. */
function answerWith(content: object, status = 200) {
  const fetch = vi.fn((_request: Request) =>
    Promise.resolve(
      new Response(JSON.stringify(content), { status, headers: { "Content-Type": "application/json" } }),
    ),
  );
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("the credentials", () => {
  it("are requested only when the person wants to see them, and dropped when hidden", async () => {
    const fetch = answerWith({ email: "owner@example.com", password: "kestrel-9", url: "", adminUrl: "" });
    show(<CredentialsPanel store={aStore()} />);
    expect(fetch).not.toHaveBeenCalled();
    fireEvent.click(screen.getByRole("button", { name: "Show" }));
    await screen.findByText("kestrel-9");
    expect(fetch.mock.calls[0]?.[0].method).toBe("POST");
    fireEvent.click(screen.getByRole("button", { name: "Hide" }));
    await screen.findByRole("button", { name: "Show" });
    expect(screen.queryByText("kestrel-9")).toBeNull();
  });
  it("have the keys that the engine names", async () => {
    const key = { name: "publishable-key", title: "Publishable key", value: "pk_1" };
    answerWith({ email: "owner@example.com", password: "kestrel-9", url: "", adminUrl: "", keys: [key] });
    show(<CredentialsPanel store={aStore()} />);
    expect(screen.getByText("Publishable key").nextSibling?.textContent).toBe("••••••••••••Hidden");
    fireEvent.click(screen.getByRole("button", { name: "Show" }));
    await screen.findByText("pk_1");
  });
  it("say why they cannot be shown", async () => {
    answerWith({ status: 409, code: "credentials_not_ready", detail: "They are not made yet" }, 409);
    show(<CredentialsPanel store={aStore()} />);
    fireEvent.click(screen.getByRole("button", { name: "Show" }));
    await screen.findByText("They are not made yet");
  });
});

describe("the timeline", () => {
  it("tells each step's state in words", () => {
    const timeline = [aPhase("NamespaceReady", 0, 0.2), aPhase("GuardrailsReady", 1)];
    const cause = { reason: "ApplyFailed", message: "The cluster refuses it" };
    show(<Timeline store={aStore({ state: "Failed", timeline, cause })} />);
    const steps = screen.getAllByRole("listitem").map((item) => item.textContent);
    expect(steps).toHaveLength(7);
    expect(steps[0]).toContain("Done");
    expect(steps[0]).toContain("0.2 s");
    expect(steps[1]).toContain("Failed");
    expect(steps[1]).toContain("The cluster refuses it");
    expect(steps[6]).toContain("Waiting");
  });
});

it("prints the receipt of the sale once there is one", () => {
  const receipt = {
    orderNumber: "7",
    soldAt: "2026-11-01T10:00:00Z",
    milliseconds: 1834,
    steps: [{ name: "place the order", milliseconds: 540 }],
  };
  show(<SaleReceipt store={aStore({ receipt })} />);
  expect(screen.getByText("Place the order").parentElement?.textContent).toContain("540 ms");
  expect(screen.getByText("It sells")).toBeTruthy();
  cleanup();
  show(<SaleReceipt store={aStore({ state: "Provisioning" })} />);
  expect(screen.queryByText("It sells")).toBeNull();
});

it("says that nothing is left only when that was counted", () => {
  const remaining = {
    namespaces: 0,
    persistentVolumeClaims: 0,
    persistentVolumes: 0,
    secrets: 0,
    services: 0,
    ingresses: 0,
    pods: 0,
  };
  const deletion = { startedAt: "2026-11-01T10:00:00Z", remaining };
  show(<DeletedStore store={aStore({ deletion })} />);
  expect(screen.queryByText("Nothing is left")).toBeNull();
  cleanup();
  show(<DeletedStore store={aStore({ deletion: { ...deletion, verifiedAt: "2026-11-01T10:00:04Z" } })} />);
  expect(screen.getByText("Nothing is left")).toBeTruthy();
});
