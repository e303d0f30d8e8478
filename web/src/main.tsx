import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Problem } from "./api/problem.ts";
import { watchForUpdate } from "./lib/update.ts";
import { makeRouter } from "./router.tsx";
import { sessionQuery, switchSession } from "./session/session.ts";
import "./styles/index.css";

const client = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      // The session has ended: signing in leads back to this page.
      if (
        !(error instanceof Problem) ||
        error.status !== 401 ||
        client.getQueryData(sessionQuery.queryKey) === null
      )
        return;
      switchSession(client, null);
      void router.invalidate();
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused it will refuse again.
      retry: (failures, error) =>
        failures < 1 && !(error instanceof Problem && error.status >= 400 && error.status < 500),
    },
  },
});

const router = makeRouter(client);
watchForUpdate();

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
// A late font would shift the page while it is read. Wait for the fonts, but half a second at most.
await Promise.race([
  Promise.all(
    ["1rem 'Source Sans 3 Variable'", "1rem 'Source Serif 4 Variable'"].map((font) =>
      document.fonts.load(font),
    ),
  ),
  new Promise((resolve) => setTimeout(resolve, 500)),
]);
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
