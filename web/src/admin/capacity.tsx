import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client.ts";
import type { Capacity as Cluster } from "../api/types.ts";
import { count, formatBytes, formatCpu } from "../lib/format.ts";
import { usePlatform } from "../stores/platform.ts";
import { Bar } from "../ui/bar.tsx";
import { Failed, Notice } from "../ui/notice.tsx";
import { Panel, Skeleton } from "../ui/panel.tsx";

/** How much room the cluster has left. */
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
          <p>Stores that run go on selling, but none is made, healed or deleted until it is back.</p>
        </Notice>
      )}
      {data ? (
        data.nodes.map((node) => <NodePanel key={node.name} node={node} />)
      ) : (
        <Skeleton height="16rem" />
      )}
      <p className="min-h-6 text-soft">
        {data && `${count(data.stores, "store")} on ${count(data.nodes.length, "node")}.`}
      </p>
    </div>
  );
}

function NodePanel({ node }: { node: Cluster["nodes"][number] }) {
  const rows = [
    ["CPU", node.cpuRequestedMillicores, node.cpuMillicores, formatCpu],
    ["Memory", node.memoryRequestedBytes, node.memoryBytes, formatBytes],
    ["Pods", node.pods, node.podsCapacity, (amount: number) => String(amount)],
  ] as const;
  return (
    <Panel
      title={node.name}
      aside={
        <p className={node.ready ? "text-good" : "font-semibold text-bad"}>
          {node.ready ? "Ready" : "Not ready"}
        </p>
      }
    >
      <dl className="grid gap-x-10 gap-y-5 sm:grid-cols-3">
        {rows.map(([label, used, of, format]) => (
          <div key={label}>
            <dt className="text-sm text-soft">{label} set aside</dt>
            <dd>
              <p className="figures mb-2">
                <span className="font-serif text-xl">{used === undefined ? "?" : format(used)}</span>
                {of !== undefined && <span className="text-soft"> of {format(of)}</span>}
              </p>
              <Bar label={`${label} set aside on ${node.name}`} used={used ?? 0} of={of} />
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
