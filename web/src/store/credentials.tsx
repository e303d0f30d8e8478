import { useMutation } from "@tanstack/react-query";
import { api, unwrap } from "../api/client.ts";
import { sentence } from "../api/problem.ts";
import type { Store } from "../api/types.ts";
import { useEngine } from "../platform/catalog.ts";
import { Button } from "../ui/button.tsx";
import { Copy } from "../ui/copy.tsx";
import { EyeIcon, EyeOffIcon } from "../ui/icons.tsx";
import { Notice } from "../ui/notice.tsx";
import { Panel } from "../ui/panel.tsx";

/** How to sign in to the shop's own administration. Nothing secret is requested before the person wants to see it, and it is dropped
    when it is hidden again. */
export function CredentialsPanel({ store }: { store: Store }) {
  const reveal = useMutation({
    mutationFn: () =>
      unwrap(api.POST("/api/v1/stores/{name}/credentials", { params: { path: { name: store.name } } })),
    gcTime: 0,
  });
  const engine = useEngine(store.engine);
  const shown = reveal.data;
  const toggle = () => (shown ? reveal.reset() : reveal.mutate());
  return (
    <Panel
      title="Sign in to the admin"
      aside={
        <Button small busy={reveal.isPending} onClick={toggle} aria-expanded={shown !== undefined}>
          {shown ? <EyeOffIcon /> : <EyeIcon />}
          {shown ? "Hide" : "Show"}
        </Button>
      }
    >
      <dl className="divide-y divide-rule">
        <Line label="Email" value={shown?.email ?? store.adminEmail} />
        <Line label="Password" value={shown?.password} secret />
        {engine?.keys.map(({ name, title }) => (
          <Line
            key={name}
            label={title}
            value={shown?.keys?.find((key) => key.name === name)?.value}
            secret
          />
        ))}
      </dl>
      <p className="mt-3 min-h-6 text-soft text-sm">
        {shown
          ? "The audit log records that you viewed these."
          : "Showing the password is recorded in the audit log."}
      </p>
      {reveal.error && (
        <Notice look="bad">
          <p>{sentence(reveal.error)}</p>
        </Notice>
      )}
    </Panel>
  );
}

function Line({ label, value, secret }: { label: string; value: string | undefined; secret?: boolean }) {
  return (
    <div className="grid min-h-12 grid-cols-[minmax(0,1fr)_2.25rem] items-center gap-x-3 py-1.5 sm:grid-cols-[9rem_minmax(0,1fr)_2.25rem]">
      <dt className="col-span-2 text-soft text-sm sm:col-span-1">{label}</dt>
      <dd className="min-w-0 break-all font-mono text-sm">{value ?? (secret ? <Hidden /> : "")}</dd>
      <dd className="size-9">{value && <Copy text={value} what={label.toLowerCase()} />}</dd>
    </div>
  );
}

function Hidden() {
  return (
    <span className="text-soft">
      <span aria-hidden="true">••••••••••••</span>
      <span className="sr-only">Hidden</span>
    </span>
  );
}
