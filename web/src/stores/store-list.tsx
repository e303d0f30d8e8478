import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Store } from "../api/types.ts";
import { capital } from "../lib/format.ts";
import { useEngineTitle } from "../platform/catalog.ts";
import { StateBadge } from "../store/state-badge.tsx";
import { hasSold, progressOf } from "../store/steps.ts";
import { ArrowOutIcon } from "../ui/icons.tsx";
import { Skeleton } from "../ui/panel.tsx";
import { Ago } from "../ui/time.tsx";

const columns = "md:grid md:grid-cols-[minmax(0,1fr)_17rem_9rem_7.5rem] md:items-center md:gap-6";

/** Stores as rows; on a phone each is a card. */
export function StoreList({
  stores,
  owners,
}: {
  stores: readonly Store[];
  owners?: ReadonlyMap<string, string>;
}) {
  return (
    <div className="rounded-lg border border-rule bg-sheet">
      <div
        aria-hidden="true"
        className={`hidden border-rule border-b px-7 py-2.5 text-soft text-xs ${columns}`}
      >
        <span>Store</span>
        <span>State</span>
        <span>Engine and plan</span>
        <span className="text-right">Created</span>
      </div>
      <ul className="divide-y divide-rule" aria-label="Stores">
        {stores.map((store) => (
          <Row key={store.uid} store={store} owner={owners?.get(store.owner)} />
        ))}
      </ul>
    </div>
  );
}

const Row = memo(function Row({ store, owner }: { store: Store; owner: string | undefined }) {
  const engine = useEngineTitle(store.engine);
  const address = store.url?.replace(/^https?:\/\//, "");
  return (
    <li
      className={`lazy-row group relative px-5 py-4 transition-colors duration-150 hover:bg-accent-wash/50 sm:px-7 ${columns}`}
    >
      <div className="min-w-0">
        <Link
          to="/stores/$name"
          params={{ name: store.name }}
          className="block truncate font-semibold text-lg after:absolute after:inset-0"
          title={store.displayName || store.name}
        >
          <bdi>{store.displayName || store.name}</bdi>
        </Link>
        {address && hasSold(store) ? (
          <a
            href={store.url}
            target="_blank"
            rel="noreferrer"
            className="link relative inline-flex max-w-full items-center gap-1 text-sm text-soft hover:text-ink"
          >
            <span className="truncate">{address}</span>
            <ArrowOutIcon />
          </a>
        ) : (
          <p className="truncate text-sm text-soft">{address ?? store.name}</p>
        )}
        {owner && <p className="truncate text-sm text-soft">{owner}</p>}
      </div>
      <div className="mt-3 flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 md:mt-0 md:block">
        <StateBadge state={store.state} />
        <StateNote store={store} />
      </div>
      <p className="mt-2 text-sm text-soft md:mt-0">
        {engine} <span className="md:hidden">· </span>
        <span className="md:block">{capital(store.plan)}</span>
        <span className="md:hidden">
          {" "}
          · <Ago at={store.createdAt} />
        </span>
      </p>
      <p className="hidden text-right text-sm text-soft md:block">
        <Ago at={store.createdAt} />
      </p>
    </li>
  );
});

function StateNote({ store }: { store: Store }) {
  if (store.state === "Provisioning")
    return <p className="truncate text-soft text-sm md:mt-1.5">{progressOf(store)}</p>;
  if (store.cause)
    return (
      <p className="line-clamp-2 text-soft text-sm md:mt-1.5" title={store.cause.message}>
        {store.cause.message}
      </p>
    );
  return null;
}

/** Placeholder rows while the list loads. */
export function StoreListWaiting() {
  return (
    <div
      className="divide-y divide-rule rounded-lg border border-rule bg-sheet"
      role="status"
      aria-label="Loading your stores"
    >
      {["a", "b", "c", "d"].map((row) => (
        <div key={row} className="grid gap-2 px-5 py-5 sm:px-7">
          <Skeleton height="1.4rem" width="16rem" />
          <Skeleton height="1rem" width="12rem" />
        </div>
      ))}
    </div>
  );
}
