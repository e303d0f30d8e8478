import { getRouteApi, Link, Outlet } from "@tanstack/react-router";
import { useStore } from "../feed/stores-query.ts";
import { capital } from "../lib/format.ts";
import { useTitle } from "../lib/title.ts";
import { useEngineTitle } from "../platform/catalog.ts";
import { ButtonLink, ButtonOut } from "../ui/button.tsx";
import { ArrowBackIcon, ArrowOutIcon } from "../ui/icons.tsx";
import { Empty } from "../ui/panel.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { Ago } from "../ui/time.tsx";
import { DeletedStore, DeletingNotice } from "./deletion.tsx";
import { StaleNotice } from "./stale-notice.tsx";
import { StateBadge } from "./state-badge.tsx";
import { hasSold } from "./steps.ts";

const route = getRouteApi("/app/stores/$name");

/** One store. Its parts are pages of their own below the same head. */
export function StorePage() {
  const { name } = route.useParams();
  const { store, gone } = useStore(name);
  const engine = useEngineTitle(store?.engine ?? "");
  useTitle(store?.displayName || name);
  if (!store)
    return (
      <Empty page title="Store not found" action={<ButtonLink to="/">Go to your stores</ButtonLink>}>
        <p>
          No store of yours is called <span className="break-all font-semibold">{name}</span>.
        </p>
      </Empty>
    );
  if (gone) return <DeletedStore store={store} />;
  return (
    <>
      <Link to="/" className="mb-3 inline-flex min-h-9 items-center gap-1.5 text-sm text-soft hover:text-ink">
        <ArrowBackIcon /> Stores
      </Link>
      <div className="mb-6 flex flex-wrap items-end justify-between gap-x-8 gap-y-5">
        <div className="min-w-0 max-w-3xl flex-1 basis-80">
          <h1
            className="-mb-2 line-clamp-3 break-words pb-2 text-3xl"
            title={store.displayName || store.name}
          >
            <bdi>{store.displayName || store.name}</bdi>
          </h1>
          <p className="mt-4 flex flex-wrap items-center gap-x-3 gap-y-2 text-soft">
            <StateBadge state={store.state} />
            <span>
              {engine} {store.version}
            </span>
            <span aria-hidden="true">·</span>
            <span>{capital(store.plan)}</span>
            <span aria-hidden="true">·</span>
            <span>
              created <Ago at={store.createdAt} />
            </span>
          </p>
        </div>
        {hasSold(store) && (
          <div className="flex flex-wrap gap-3">
            {store.adminUrl && (
              <ButtonOut href={store.adminUrl}>
                Open admin <ArrowOutIcon />
              </ButtonOut>
            )}
            {store.url && (
              <ButtonOut href={store.url} look="primary">
                Open storefront <ArrowOutIcon />
              </ButtonOut>
            )}
          </div>
        )}
      </div>
      <Tabs
        label="Store"
        tabs={[
          { link: { to: "/stores/$name", params: { name } }, label: "Overview", exact: true },
          { link: { to: "/stores/$name/logs", params: { name } }, label: "Logs" },
          { link: { to: "/stores/$name/events", params: { name } }, label: "Events" },
          { link: { to: "/stores/$name/usage", params: { name } }, label: "Usage" },
          { link: { to: "/stores/$name/settings", params: { name } }, label: "Settings" },
        ]}
      />
      {(store.state === "Provisioning" || store.state === "Deleting") && <StaleNotice store={store} />}
      {store.state === "Deleting" && <DeletingNotice store={store} />}
      <Outlet />
    </>
  );
}
