import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client.ts";
import type { Capacity as Cluster } from "../api/types.ts";
import { count, formatBytes, formatCpu } from "../lib/format.ts";
import { usePlatform } from "../platform/platform.ts";
import { Bar } from "../ui/bar.tsx";
import { Failed, Notice } from "../ui/notice.tsx";
import { Panel, Skeleton } from "../ui/panel.tsx";

/** How much capacity the cluster has left. */
export function Capacity() {
  const platform = usePlatform();
  const { data, error, refetch } = useQuery({
    queryKey: ["capacity"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/admin/capacity", { signal })),
    refetchInterval: 15_000,
  });
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  return (
    <div className="grid gap-8">
      {platform && !platform.controller.alive && (
        <Notice look="warn" title="The controller is not running">
          <p>
            Running stores keep selling, but no store is created, healed or deleted until the controller is
            back.
          </p>
        </Notice>
      )}
      {data ? <Room cluster={data} /> : <Skeleton height="16rem" />}
      {data?.nodes.map((node) => (
        <NodePanel key={node.name} node={node} />
      ))}
    </div>
  );
}

type Row = readonly [
  label: string,
  used: number | undefined,
  of: number | undefined,
  format: (amount: number) => string,
];

/** What the stores requested, of the capacity of all nodes. */
function Room({ cluster: { nodes, requested, stores } }: { cluster: Cluster }) {
  const sum = (value: (node: Cluster["nodes"][number]) => number) =>
    nodes.reduce((total, node) => total + value(node), 0);
  return (
    <Panel
      title="Reserved for stores"
      aside={
        <p className="text-soft">
          {count(stores, "store")} on {count(nodes.length, "node")}
        </p>
      }
    >
      <Rows
        of="all nodes"
        rows={[
          ["CPU", requested.cpuMillicores, sum((node) => node.cpuMillicores), formatCpu],
          ["Memory", requested.memoryBytes, sum((node) => node.memoryBytes), formatBytes],
          ["Pods", requested.pods, sum((node) => node.podsCapacity), String],
          ["Storage", requested.storageBytes, undefined, formatBytes],
        ]}
      />
    </Panel>
  );
}

function NodePanel({ node }: { node: Cluster["nodes"][number] }) {
  return (
    <Panel
      title={`Used on ${node.name}`}
      aside={
        <p className={node.ready ? "text-good" : "font-semibold text-bad"}>
          {node.ready ? "Ready" : "Not ready"}
        </p>
      }
    >
      <Rows
        of={node.name}
        rows={[
          ["CPU", node.cpuUsedMillicores, node.cpuMillicores, formatCpu],
          ["Memory", node.memoryUsedBytes, node.memoryBytes, formatBytes],
        ]}
      />
    </Panel>
  );
}

function Rows({ rows, of }: { rows: readonly Row[]; of: string }) {
  return (
    <dl className="grid gap-x-10 gap-y-5 sm:grid-cols-2 lg:grid-cols-4">
      {rows.map(([label, used, all, format]) => (
        <div key={label}>
          <dt className="text-sm text-soft">{label}</dt>
          <dd>
            <p className="figures mb-2">
              <span className="font-serif text-xl">{used === undefined ? "Not measured" : format(used)}</span>
              {all !== undefined && <span className="text-soft"> of {format(all)}</span>}
            </p>
            {used !== undefined && <Bar label={`${label} of ${of}`} used={used} of={all} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}
