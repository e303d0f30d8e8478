import { useSyncExternalStore } from "react";
import type { Live } from "../feed/live.ts";
import { useSeconds } from "../lib/clock.ts";
import { formatSeconds } from "../lib/format.ts";
import { update } from "../lib/update.ts";
import { Button } from "../ui/button.tsx";

/** Says when the page no longer shows the current state, and is invisible otherwise. It overlays the page, so that nothing
    moves when it comes and goes. */
export function ConnectionStrip({ live }: { live: Live }) {
  const connection = useSyncExternalStore(live.subscribe, live.connection);
  const outdated = useSyncExternalStore(update.subscribe, update.outdated);
  return (
    <div role="status" className="pointer-events-none fixed inset-x-0 bottom-0 z-20 flex justify-center p-4">
      {outdated ? (
        <p className="pointer-events-auto flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border border-rule bg-sheet px-5 py-3 text-sm shadow-lift">
          ShopFlow has been updated since this page was loaded.
          <Button small look="primary" onClick={() => location.reload()}>
            Reload
          </Button>
        </p>
      ) : (
        connection.state === "lost" && <Lost since={connection.since} />
      )}
    </div>
  );
}

function Lost({ since }: { since: number }) {
  const seconds = (useSeconds() - since) / 1000;
  // Most connections are back before anyone would notice.
  if (seconds < 1.5) return null;
  return (
    <p className="flex items-center gap-3 rounded-lg border border-rule bg-sheet px-5 py-3 text-sm shadow-lift">
      <span aria-hidden="true" className="size-2 shrink-0 animate-pulse-dot rounded-full bg-warn" />
      <span>
        Reconnecting to ShopFlow. What you see is from{" "}
        <span className="figures" aria-hidden="true">
          {formatSeconds(Math.floor(seconds / 5) * 5 || 1).replace(".0", "")}
        </span>
        <span className="sr-only">a moment</span> ago.
      </span>
    </p>
  );
}
