import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { makeRouter } from "../router.tsx";

const asked = {
  challenge: "c".repeat(43),
  device: "laptop",
  redirect: "http://127.0.0.1:49152/callback",
  state: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
};
const address = `/login/cli?${new URLSearchParams(asked)}`;
const session = {
  user: { id: "u1", email: "ann@example.com", name: "Ann", role: "merchant" },
  scopes: [],
  via: "session",
};

/** Opens the address in the whole dashboard, with a server that knows the answers, and returns what it was asked. */
function open(path: string, answers: Record<string, () => [number, object]>) {
  const sent: { path: string; body: unknown }[] = [];
  vi.stubGlobal(
    "fetch",
    vi.fn(async (request: Request) => {
      const name = `${request.method} ${new URL(request.url).pathname}`;
      if (request.method === "POST") sent.push({ path: name, body: await request.json() });
      const [status, body] = answers[name]?.() ?? [500, { detail: `no answer for ${name}` }];
      return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
    }),
  );
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false }, mutations: { retry: false } },
  });
  const router = makeRouter(client);
  router.update({ ...router.options, history: createMemoryHistory({ initialEntries: [path] }) });
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { sent, router };
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("the question of a command line", () => {
  it.each([
    ["Allow", true],
    ["Refuse", false],
  ])("is answered by %s, and the browser goes back to where it waits", async (button, allow) => {
    const assign = vi.spyOn(globalThis.location, "assign").mockImplementation(() => {});
    const redirect = `${asked.redirect}?state=${asked.state}`;
    const { sent } = open(address, {
      "GET /api/v1/session": () => [200, session],
      "POST /api/v1/logins": () => [200, { redirect }],
    });
    await screen.findByRole("heading", { name: "Allow laptop to act for you?" });
    screen.getByText("ABCD-EFGH");
    screen.getByText("ann@example.com");
    fireEvent.click(screen.getByRole("button", { name: button }));
    await screen.findByText(/Go back to the terminal/);
    expect(sent).toEqual([{ path: "POST /api/v1/logins", body: { ...asked, allow } }]);
    expect(assign).toHaveBeenCalledWith(redirect);
  });

  it("says why the server does not want it", async () => {
    open(address, {
      "GET /api/v1/session": () => [200, session],
      "POST /api/v1/logins": () => [422, { detail: "Something is not as it must be" }],
    });
    fireEvent.click(await screen.findByRole("button", { name: "Allow" }));
    await screen.findByText("Something is not as it must be");
  });

  it("is not asked where the address is cut off", async () => {
    open("/login/cli?device=laptop", { "GET /api/v1/session": () => [200, session] });
    await screen.findByRole("heading", { name: "This address is incomplete" });
    expect(screen.queryByRole("button", { name: "Allow" })).toBeNull();
  });

  it("waits until the person has signed in", async () => {
    let signedIn = false;
    const { router } = open(address, {
      "GET /api/v1/session": () => (signedIn ? [200, session] : [401, {}]),
      "GET /api/v1/auth/providers": () => [
        200,
        { local: true, signUp: false, oidc: [{ id: "o", name: "Other", startUrl: "/start?provider=o" }] },
      ],
      "POST /api/v1/session": () => {
        signedIn = true;
        return [200, session];
      },
    });
    const other = await screen.findByRole("link", { name: "Continue with Other" });
    const next = new URLSearchParams(other.getAttribute("href")?.split("?")[1]).get("next");
    expect(next?.startsWith("/login/cli?")).toBe(true);
    expect(next?.length).toBeLessThan(512);
    fireEvent.change(screen.getByLabelText("Email"), { target: { value: "ann@example.com" } });
    fireEvent.change(screen.getByLabelText("Password"), { target: { value: "correct horse" } });
    fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
    await screen.findByRole("heading", { name: "Allow laptop to act for you?" });
    screen.getByText("ABCD-EFGH");
    await waitFor(() => expect(router.state.location.search).toEqual(asked));
  });
});
