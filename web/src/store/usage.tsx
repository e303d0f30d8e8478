import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { api, unwrap } from "../api/client.ts";
import type { Engine, StoreMetrics } from "../api/types.ts";
import { useStore } from "../feed/stores-query.ts";
import { capital, count, formatBytes, formatCpu } from "../lib/format.ts";
import { componentTitle, useEngine } from "../platform/catalog.ts";
import { Bar } from "../ui/bar.tsx";
import { classes } from "../ui/classes.ts";
import { Graph } from "../ui/graph.tsx";
import { Failed } from "../ui/notice.tsx";
import { Panel, Skeleton } from "../ui/panel.tsx";

const route = getRouteApi("/app/stores/$name");

const every = 10_000;
const span = 15 * 60_000;

type Sample = { at: number; cpu: number; memory: number };
type Usage = { now: StoreMetrics; samples: readonly Sample[] };

const sum = <T,>(items: readonly T[], value: (item: T) => number) =>
  items.reduce((total, item) => total + value(item), 0);

/** Adds a measurement to those that this page has seen, and drops what is too old to show. */
export function withSample(before: readonly Sample[], metrics: StoreMetrics): Sample[] {
  if (!metrics.components.some((component) => component.measured)) return [...before];
  const at = Date.parse(metrics.at);
  const sample = {
    at,
    cpu: sum(metrics.components, (component) => component.cpuMillicores),
    memory: sum(metrics.components, (component) => component.memoryBytes),
  };
  // The cluster measures less often than this page asks.
  return [...before.filter((old) => old.at < at && old.at > at - span), sample];
}

/** What the store uses, and its limits. */
export function Usage() {
  const { name } = route.useParams();
  const { store } = useStore(name);
  const engine = useEngine(store?.engine);
  const key = ["usage", name] as const;
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: async ({ signal, client }): Promise<Usage> => {
      const now = await unwrap(
        api.GET("/api/v1/stores/{name}/metrics", { params: { path: { name } }, signal }),
      );
      return { now, samples: withSample(client.getQueryData<Usage>(key)?.samples ?? [], now) };
    },
    refetchInterval: every,
    gcTime: span,
  });
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  if (!data)
    return (
      <div className="grid gap-8 lg:grid-cols-2">
        <Skeleton height="19rem" />
        <Skeleton height="19rem" />
      </div>
    );
  return <UsageOf usage={data} engine={engine} />;
}

function UsageOf({ usage: { now, samples }, engine }: { usage: Usage; engine: Engine | undefined }) {
  const { components, volumes, requests, missing } = now;
  const last = samples.at(-1);
  const at = Date.parse(now.at);
  return (
    <div className="grid gap-8 lg:grid-cols-2">
      <Panel title="CPU" aside={<p className="figures text-soft">{last && formatCpu(last.cpu)}</p>}>
        <Graph
          label="CPU"
          points={samples.map((sample) => ({ at: sample.at, value: sample.cpu }))}
          limit={total(components, (component) => component.cpuLimitMillicores)}
          format={formatCpu}
          span={span}
          now={at}
        />
      </Panel>
      <Panel title="Memory" aside={<p className="figures text-soft">{last && formatBytes(last.memory)}</p>}>
        <Graph
          label="Memory"
          points={samples.map((sample) => ({ at: sample.at, value: sample.memory }))}
          limit={total(components, (component) => component.memoryLimitBytes)}
          format={formatBytes}
          span={span}
          now={at}
        />
      </Panel>
      <Panel title="Components">
        <ul className="divide-y divide-rule">
          {components.map((component) => (
            <li key={component.name} className="grid gap-1.5 py-3">
              <p className="flex flex-wrap justify-between gap-x-4">
                <span className="font-semibold">{componentTitle(engine, component.name)}</span>
                <span className="figures text-sm text-soft">
                  {component.measured
                    ? `${formatCpu(component.cpuMillicores)} · ${formatBytes(component.memoryBytes)}`
                    : "Not measured yet"}
                  {component.memoryLimitBytes !== undefined &&
                    ` of ${formatBytes(component.memoryLimitBytes)}`}
                </span>
              </p>
              <Bar
                label={`Memory of ${component.name}`}
                used={component.memoryBytes}
                of={component.memoryLimitBytes}
              />
            </li>
          ))}
          {components.length === 0 && <li className="py-3 text-soft">No component is running.</li>}
        </ul>
      </Panel>
      <Panel title="Volumes">
        <ul className="divide-y divide-rule">
          {volumes.map((volume) => (
            <li key={volume.name} className="flex flex-wrap justify-between gap-x-4 py-3">
              <span className="min-w-0 break-all font-semibold">{capital(volume.name)}</span>
              <span className="figures text-sm text-soft">{formatBytes(volume.capacityBytes)}</span>
            </li>
          ))}
          {volumes.length === 0 && <li className="py-3 text-soft">The store has no volume yet.</li>}
        </ul>
      </Panel>
      {requests && <Requests requests={requests} />}
      <div className="text-sm text-soft lg:col-span-2">
        <p>The graphs start when you open this page.</p>
        {missing?.map((sentence) => (
          <p key={sentence}>{sentence}.</p>
        ))}
      </div>
    </div>
  );
}

/** The sum, or nothing if a part has no limit. */
function total<T>(items: readonly T[], value: (item: T) => number | undefined): number | undefined {
  let all = 0;
  for (const item of items) {
    const one = value(item);
    if (one === undefined) return undefined;
    all += one;
  }
  return items.length > 0 ? all : undefined;
}

function Requests({ requests }: { requests: NonNullable<StoreMetrics["requests"]> }) {
  const rows = [
    ["Successful", requests.ok],
    ["Redirected", requests.redirects],
    ["Client errors", requests.clientErrors],
    ["Server errors", requests.serverErrors],
  ] as const;
  return (
    <Panel
      title="Customer requests"
      aside={<p className="figures text-soft">{count(requests.total, "request")}</p>}
    >
      <dl className="grid grid-cols-2 gap-x-8 gap-y-4">
        {rows.map(([label, amount]) => (
          <div key={label}>
            <dt className="text-sm text-soft">{label}</dt>
            <dd
              className={classes(
                "figures font-serif text-xl",
                label === "Server errors" && amount > 0 && "text-bad",
              )}
            >
              {amount.toLocaleString("en")}
            </dd>
          </div>
        ))}
      </dl>
      <p className="mt-4 text-sm text-soft">Since the gateway started.</p>
    </Panel>
  );
}
