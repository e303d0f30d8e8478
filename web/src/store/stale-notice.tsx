import type { Store } from "../api/types.ts";
import { useMinutes } from "../lib/clock.ts";
import { count } from "../lib/format.ts";
import { Notice } from "../ui/notice.tsx";
import { usePlatform } from "../platform/platform.ts";
import { lastProgress } from "./steps.ts";

/** After how long without any step a store looks forgotten. */
const patience = 90_000;

/** Says that nobody works on the store, if that is so. */
export function StaleNotice({ store }: { store: Store }) {
  const now = useMinutes();
  const platform = usePlatform();
  const idle = now - lastProgress(store);
  const down = platform !== undefined && !platform.controller.alive;
  if (!down && idle < patience) return null;
  return (
    <div className="mb-8">
      {down ? (
        <Notice look="warn" title="ShopFlow's controller is not running">
          <p>The store waits, and goes on by itself as soon as the controller is back. Nothing is lost.</p>
        </Notice>
      ) : (
        <Notice
          look="warn"
          title={`Nothing has happened for ${count(Math.floor(idle / 60_000) || 1, "minute")}`}
        >
          <p>
            The platform may be busy, or its controller down. The store goes on by itself; if it does not, an
            administrator should look at the controller.
          </p>
        </Notice>
      )}
    </div>
  );
}
