import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client.ts";
import type { Platform } from "../api/types.ts";

/** How the platform itself is: whether somebody works on the stores. */
export function usePlatform(): Platform | undefined {
  const { data } = useQuery({
    queryKey: ["platform"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/platform", { signal })),
    refetchInterval: 15_000,
  });
  return data;
}
