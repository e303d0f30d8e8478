import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useRef } from "react";
import type { Store } from "../api/types.ts";
import { useStores } from "../feed/stores-query.ts";
import { count } from "../lib/format.ts";
import { useTitle } from "../lib/title.ts";
import { enginesQuery } from "../platform/catalog.ts";
import { useSession } from "../session/session.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { classes } from "../ui/classes.ts";
import { Choice } from "../ui/field.tsx";
import { PlusIcon } from "../ui/icons.tsx";
import { Failed } from "../ui/notice.tsx";
import { Empty, PageHead } from "../ui/panel.tsx";
import { SearchField } from "../ui/search-field.tsx";
import { countStates, type Filter, filterStores, states } from "./filter.ts";
import { StoreList, StoreListWaiting } from "./store-list.tsx";

const route = getRouteApi("/app/");

/** The first page: the stores of the signed-in person. */
export function ListPage() {
  useTitle("Stores");
  const { user } = useSession();
  const { stores: all, pending, error, refetch } = useStores();
  const stores = all.filter(
    (store) => user.role !== "admin" || store.owner === user.id || store.owner === "admin",
  );
  const create = (
    <ButtonLink to="/new" look="primary">
      <PlusIcon /> New store
    </ButtonLink>
  );
  if (error && all.length === 0) return <Failed error={error} again={refetch} />;
  if (!pending && stores.length === 0) return <FirstStore />;
  return (
    <>
      <PageHead title="Your stores" actions={create}>
        <p className="min-h-6">{pending ? "" : summary(stores)}</p>
      </PageHead>
      {pending ? <StoreListWaiting /> : <Filtered stores={stores} />}
    </>
  );
}

/** "12 stores. 2 need attention, 1 is being created." */
function summary(stores: readonly Store[]): string {
  const {
    Degraded: degraded,
    Failed: failed,
    DataLost: lost,
    Provisioning: creating,
    Deleting: deleting,
  } = countStates(stores);
  const notes = [
    lost > 0 && `${lost} ${lost === 1 ? "has" : "have"} lost data`,
    failed > 0 && `${failed} ${failed === 1 ? "needs" : "need"} attention`,
    degraded > 0 && `${degraded} ${degraded === 1 ? "is" : "are"} degraded`,
    creating > 0 && `${creating} ${creating === 1 ? "is" : "are"} being created`,
    deleting > 0 && `${deleting} ${deleting === 1 ? "is" : "are"} being deleted`,
  ].filter(Boolean);
  const text = notes.length > 0 ? notes.join(", ") : stores.length === 1 ? "It sells" : "All of them sell";
  return `${count(stores.length, "store")}. ${text}.`;
}

function Filtered({ stores }: { stores: readonly Store[] }) {
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  // Typing stays quick, however many stores there are.
  const deferred = useDeferredValue(filter);
  const shown = filterStores(stores, deferred);
  const choose = (change: Filter) => {
    const next = { ...filter, ...change };
    void navigate({
      search: Object.fromEntries(Object.entries(next).filter(([, value]) => value)),
      replace: true,
      resetScroll: false,
    });
  };
  return (
    <>
      {stores.length > 3 && <FilterBar stores={stores} filter={filter} choose={choose} />}
      <p className="sr-only" role="status">
        {count(shown.length, "store")} shown
      </p>
      {shown.length > 0 ? (
        <StoreList stores={shown} />
      ) : (
        <Empty
          title="No stores match"
          action={<Button onClick={() => choose({ q: "", state: "", engine: "" })}>Show all</Button>}
        >
          <p>None of your {count(stores.length, "store")} match this search.</p>
        </Empty>
      )}
    </>
  );
}

type BarProps = { stores: readonly Store[]; filter: Filter; choose: (change: Filter) => void };

function FilterBar({ stores, filter, choose }: BarProps) {
  const counts = countStates(stores);
  const engines = [...new Set(stores.map((store) => store.engine))].sort();
  const { data: known } = useQuery(enginesQuery);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const jump = (event: KeyboardEvent) => {
      const writing =
        event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
      if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      box.current?.focus();
    };
    document.addEventListener("keydown", jump);
    return () => document.removeEventListener("keydown", jump);
  }, []);
  const tab = (value: string, label: string, amount: number) => (
    <button
      key={value}
      type="button"
      aria-pressed={(filter.state ?? "") === value}
      onClick={() => choose({ state: value })}
      className={classes(
        "min-h-11 rounded-md px-3 text-sm whitespace-nowrap transition-colors duration-150",
        (filter.state ?? "") === value ? "bg-ink text-paper" : "text-soft hover:bg-sunken hover:text-ink",
      )}
    >
      {label} <span className="figures">{amount}</span>
    </button>
  );
  return (
    <search className="mb-4 flex flex-wrap items-center gap-3">
      <SearchField
        ref={box}
        label="Search by name or address"
        placeholder="Name or address"
        shortcut="/"
        value={filter.q ?? ""}
        onText={(q) => choose({ q })}
      />
      {engines.length > 1 && (
        <Choice
          label="Engine"
          hideLabel
          value={filter.engine ?? ""}
          onChange={(engine) => choose({ engine })}
          options={[
            { value: "", label: "All engines" },
            ...engines.map((name) => ({
              value: name,
              label: known?.find((engine) => engine.name === name)?.title ?? name,
            })),
          ]}
        />
      )}
      <fieldset className="flex w-full min-w-0 gap-1 overflow-x-auto sm:w-auto">
        <legend className="sr-only">State</legend>
        {tab("", "All", stores.length)}
        {states
          .filter((state) => counts[state] > 0 || filter.state === state)
          .map((state) => tab(state, state, counts[state]))}
      </fieldset>
    </search>
  );
}

function FirstStore() {
  return (
    <div className="grid items-center gap-10 py-6 md:grid-cols-[minmax(0,1fr)_auto] md:py-14">
      <div className="max-w-xl">
        <h1 className="text-3xl">Open your first store</h1>
        <p className="mt-5 text-lg text-soft">
          Choose an engine and a name. About half a minute later the store has its own address, and has
          already sold something to prove that it works.
        </p>
        <div className="mt-8">
          <ButtonLink to="/new" look="primary">
            <PlusIcon /> New store
          </ButtonLink>
        </div>
      </div>
      <FirstReceipt />
    </div>
  );
}

/** An illustration of a new store's receipt. */
function FirstReceipt() {
  return (
    <div aria-hidden="true" className="hidden w-64 rotate-2 drop-shadow-md md:block">
      <div className="torn bg-sheet px-6 py-8 font-mono text-soft text-xs leading-6">
        <p className="text-center font-serif text-ink text-lg">Your store</p>
        <p className="mt-3 border-rule border-t border-dashed pt-3">1 order</p>
        <p>paid on delivery</p>
        <p className="mt-3 flex justify-between border-rule border-t border-dashed pt-3 text-good">
          <span>It sells</span>
          <span>✓</span>
        </p>
      </div>
    </div>
  );
}
