import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { api, unwrap } from "../api/client.ts";
import type { StoreEvent } from "../api/types.ts";
import { classes } from "../ui/classes.ts";
import { WarningIcon } from "../ui/icons.tsx";
import { Failed } from "../ui/notice.tsx";
import { Empty, Skeleton } from "../ui/panel.tsx";
import { Ago } from "../ui/time.tsx";

const route = getRouteApi("/app/stores/$name");

/** What the cluster says about the store's parts, the newest first. */
export function Events() {
  const { name } = route.useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ["store-events", name],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/stores/{name}/events", { params: { path: { name } }, signal })),
    refetchInterval: 5000,
  });
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  if (data?.items.length === 0)
    return (
      <Empty title="No events">
        <p>The cluster keeps events for about an hour, and has none for this store.</p>
      </Empty>
    );
  return (
    <ol aria-label="Events" className="divide-y divide-rule rounded-lg border border-rule bg-sheet">
      {data
        ? data.items.map((event) => (
            <EventRow key={`${event.object} ${event.reason} ${event.at} ${event.message}`} event={event} />
          ))
        : ["a", "b", "c", "d", "e"].map((row) => (
            <li key={row} className="px-5 py-5 sm:px-7">
              <Skeleton width="70%" />
            </li>
          ))}
    </ol>
  );
}

function EventRow({ event }: { event: StoreEvent }) {
  const warning = event.type === "Warning";
  return (
    <li className="lazy-row grid gap-x-6 px-5 py-3.5 sm:grid-cols-[minmax(0,1fr)_8rem] sm:px-7">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-x-2.5">
          <span className={classes("inline-flex items-center gap-1.5 font-semibold", warning && "text-warn")}>
            {warning && <WarningIcon />}
            {warning && <span className="sr-only">Warning: </span>}
            {event.reason}
          </span>
          <span className="break-all font-mono text-soft text-xs">{event.object}</span>
        </p>
        <p className="break-words text-sm">{event.message}</p>
      </div>
      <p className="text-sm text-soft sm:text-right">
        <Ago at={event.at} />
        {event.count !== undefined && event.count > 1 && (
          <span className="figures sm:block"> {event.count} times</span>
        )}
      </p>
    </li>
  );
}
