import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client.ts";
import type { AuditEntry } from "../api/types.ts";
import { useDebounced } from "../lib/debounced.ts";
import { Button } from "../ui/button.tsx";
import { Choice } from "../ui/field.tsx";
import { Failed } from "../ui/notice.tsx";
import { Empty, Skeleton } from "../ui/panel.tsx";
import { SearchField } from "../ui/search-field.tsx";
import { Ago } from "../ui/time.tsx";
import { actionWords, kinds } from "./audit-words.ts";

type Kind = (typeof kinds)[number]["value"];

/** Who did what, the newest first. */
export function Audit() {
  const [kind, setKind] = useState<Kind>("");
  const [q, setQ] = useState("");
  return (
    <>
      <search className="mb-4 flex flex-wrap items-center gap-3">
        <SearchField
          label="Search by person or target"
          placeholder="Person, store or token"
          value={q}
          onText={setQ}
        />
        <Choice label="Actions" hideLabel value={kind} onChange={setKind} options={kinds} />
      </search>
      <Entries kind={kind} q={useDebounced(q.trim(), 250)} />
    </>
  );
}

function Entries({ kind, q }: { kind: Kind; q: string }) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["audit", kind, q],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        api.GET("/api/v1/audit", {
          params: {
            query: {
              limit: 100,
              ...(pageParam ? { continue: pageParam } : {}),
              ...(kind ? { kind } : {}),
              ...(q ? { q } : {}),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.continue || undefined,
  });
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  const entries = data?.pages.flatMap((page) => page.items);
  if (entries?.length === 0 && (kind || q))
    return (
      <Empty title="No entries match">
        <p>Choose other actions, or search for less.</p>
      </Empty>
    );
  if (entries?.length === 0)
    return (
      <Empty title="No entries yet">
        <p>Sign-ins, created and deleted stores, and revealed passwords are listed here.</p>
      </Empty>
    );
  return (
    <>
      <ol aria-label="Audit log" className="divide-y divide-rule rounded-lg border border-rule bg-sheet">
        {entries
          ? entries.map((entry) => <EntryRow key={entry.id} entry={entry} />)
          : ["a", "b", "c", "d"].map((row) => (
              <li key={row} className="px-5 py-5 sm:px-7">
                <Skeleton width="60%" />
              </li>
            ))}
      </ol>
      {hasNextPage && (
        <div className="mt-6 flex justify-center">
          <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show older entries
          </Button>
        </div>
      )}
    </>
  );
}

function EntryRow({ entry }: { entry: AuditEntry }) {
  return (
    <li className="lazy-row grid gap-x-6 px-5 py-3.5 sm:grid-cols-[minmax(0,1fr)_9rem] sm:px-7">
      <p className="min-w-0 break-words">
        <span className="font-semibold">{entry.actor.email || "Anonymous"}</span>{" "}
        <span title={entry.action}>{actionWords(entry.action)}</span>
        {entry.target && entry.target !== entry.actor.email && (
          <span className="break-all"> {entry.target}</span>
        )}
        {entry.outcome !== "done" && <span className="font-semibold text-bad"> {entry.outcome}</span>}
        {entry.client && <span className="block text-sm text-soft">from {entry.client}</span>}
      </p>
      <p className="text-sm text-soft sm:text-right">
        <Ago at={entry.at} />
      </p>
    </li>
  );
}
