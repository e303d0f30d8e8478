import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import { api, unwrap } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import type { Session } from "../api/types.ts";

const key = ["session"] as const;

/** Who is signed in; null for nobody. */
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

/** The session of a page that only somebody who is signed in gets to. */
export function useSession(): Session {
  // Between the end of a session and the way out, the page is still drawn for whom it was.
  const { session } = useRouteContext({ from: "/app" });
  return useQuery(sessionQuery).data ?? session;
}

/** Forgets everything that the last person saw, and remembers who is there now. */
export function switchSession(client: QueryClient, session: Session | null): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== key[0] });
  client.setQueryData(key, session);
}
