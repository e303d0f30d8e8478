import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client.ts";

/** What a store can run on. */
export const enginesQuery = queryOptions({
  queryKey: ["engines"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/engines", { signal })).then((list) => list.items),
  staleTime: 60_000,
});

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
