import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useStores } from "../feed/stores-query.ts";
import { count } from "../lib/format.ts";
import { filterStores, states } from "../stores/filter.ts";
import { StoreList, StoreListWaiting } from "../stores/store-list.tsx";
import { Choice } from "../ui/field.tsx";
import { Empty } from "../ui/panel.tsx";
import { SearchField } from "../ui/search-field.tsx";
import { usersQuery } from "./users-query.ts";

/** The stores of all owners. */
export function AllStores() {
  const { stores, pending } = useStores();
  const { data: users } = useQuery(usersQuery);
  const [q, setQ] = useState("");
  const [state, setState] = useState("");
  const [owner, setOwner] = useState("");
  const shown = filterStores(stores, useDeferredValue({ q, state, owner }));
  const owners = new Map((users ?? []).map((user) => [user.id, user.email]));
  if (pending) return <StoreListWaiting />;
  if (stores.length === 0)
    return (
      <Empty title="No stores yet">
        <p>No one has created a store.</p>
      </Empty>
    );
  return (
    <>
      <search className="mb-4 flex flex-wrap items-center gap-3">
        <SearchField
          label="Search by name or address"
          placeholder="Name or address"
          value={q}
          onText={setQ}
        />
        <Choice
          label="State"
          hideLabel
          value={state}
          onChange={setState}
          options={[{ value: "", label: "All states" }, ...states.map((value) => ({ value, label: value }))]}
        />
        {owners.size > 1 && (
          <Choice
            label="Owner"
            hideLabel
            value={owner}
            onChange={setOwner}
            options={[
              { value: "", label: "All owners" },
              ...[...owners].map(([value, label]) => ({ value, label })),
            ]}
          />
        )}
      </search>
      <p role="status" className="mb-3 text-sm text-soft">
        {count(shown.length, "store")}
      </p>
      {shown.length > 0 && <StoreList stores={shown} owners={owners} />}
    </>
  );
}
