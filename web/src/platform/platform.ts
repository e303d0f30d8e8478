import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client.ts";
import type { Platform } from "../api/types.ts";

/** The platform's own health: whether its controller runs. */
export function usePlatform(): Platform | undefined {
  const { data } = useQuery({
    queryKey: ["platform"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/platform", { signal })),
    refetchInterval: 15_000,
  });
  return data;
}
