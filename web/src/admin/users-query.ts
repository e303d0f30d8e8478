import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client.ts";

/** All users. */
export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/users", { signal })).then((list) => list.items),
});
