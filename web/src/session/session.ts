import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import { api, unwrap } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import type { Session } from "../api/types.ts";

const key = ["session"] as const;

/** The session; null when no one is signed in. */
export const sessionQuery = queryOptions({
  queryKey: key,
  queryFn: async (): Promise<Session | null> => {
    try {
      return await unwrap(api.GET("/api/v1/session"));
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

/** The session, on pages that require one. */
export function useSession(): Session {
  // After a session ends, the page is rendered once more before it redirects.
  const { session } = useRouteContext({ from: "/app" });
  return useQuery(sessionQuery).data ?? session;
}

/** Clears everything cached for the last person, and stores the new session. */
export function switchSession(client: QueryClient, session: Session | null): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== key[0] });
  client.setQueryData(key, session);
}
