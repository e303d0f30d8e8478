import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client.ts";
import type { Engine } from "../api/types.ts";
import { capital } from "../lib/format.ts";

/** What a store can run on. */
export const enginesQuery = queryOptions({
  queryKey: ["engines"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/engines", { signal })).then((list) => list.items),
  staleTime: 60_000,
});

/** An engine as the platform describes it; undefined while that is unknown. */
export function useEngine(name: string | undefined): Engine | undefined {
  const { data } = useQuery(enginesQuery);
  return data?.find((engine) => engine.name === name);
}

/** What people call an engine. */
export function useEngineTitle(name: string): string {
  return useEngine(name)?.title ?? name;
}

/** What people call a component of an engine's stores. */
export function componentTitle(engine: Engine | undefined, name: string): string {
  return engine?.components.find((component) => component.name === name)?.title ?? capital(name);
}

/** How large a store can be. */
export const plansQuery = queryOptions({
  queryKey: ["plans"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/plans", { signal })).then((list) => list.items),
  staleTime: 60_000,
});

/** Whether a name is available. */
export const nameQuery = (name: string) =>
  queryOptions({
    queryKey: ["names", name],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/names/{name}", { params: { path: { name } }, signal })),
    staleTime: 5_000,
    gcTime: 30_000,
    placeholderData: (last) => last,
  });
