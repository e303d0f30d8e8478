import { getRouteApi } from "@tanstack/react-router";
import type { Store } from "../api/types.ts";
import { useStore } from "../feed/stores-query.ts";
import { Copy } from "../ui/copy.tsx";
import { Panel } from "../ui/panel.tsx";
import { CredentialsPanel } from "./credentials.tsx";
import { FailurePanel } from "./failure.tsx";
import { SaleReceipt } from "./sale-receipt.tsx";
import { hasSold } from "./steps.ts";
import { Timeline } from "./timeline.tsx";

const route = getRouteApi("/app/stores/$name");

/** The first part of a store's page: how it is, and what it takes to use it. */
export function Overview() {
  const { name } = route.useParams();
  const { store } = useStore(name);
  if (!store) return null;
  return (
    <div className="grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="grid min-w-0 gap-8">
        {(store.state === "Failed" || store.cause?.fix) && store.state !== "Deleting" && (
          <FailurePanel store={store} />
        )}
        {hasSold(store) && <CredentialsPanel store={store} />}
        <Timeline store={store} />
        <Facts store={store} />
      </div>
      <aside className="lg:sticky lg:top-24" aria-label="Receipt">
        <SaleReceipt store={store} />
      </aside>
    </div>
  );
}

/** Details for people who continue with other tools. */
function Facts({ store }: { store: Store }) {
  const facts = [
    ["Title", store.displayName],
    ["Storefront", store.url],
    ["Admin", store.adminUrl],
    ["Name", store.name],
    ["Namespace", store.namespace],
    ["Helm release", store.release],
  ] as const;
  return (
    <Panel title="Details">
      <dl className="divide-y divide-rule">
        {facts.map(([label, value]) => (
          <div
            key={label}
            className="grid min-h-12 grid-cols-[minmax(0,1fr)_2.25rem] items-center gap-x-3 py-1.5 sm:grid-cols-[9rem_minmax(0,1fr)_2.25rem]"
          >
            <dt className="col-span-2 text-soft text-sm sm:col-span-1">{label}</dt>
            <dd className="min-w-0 break-all text-sm">
              {value || <span className="text-soft">Not created yet</span>}
            </dd>
            <dd className="size-9">{value && <Copy text={value} what={label.toLowerCase()} />}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
