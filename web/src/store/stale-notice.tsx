import type { Store } from "../api/types.ts";
import { useMinutes } from "../lib/clock.ts";
import { count } from "../lib/format.ts";
import { usePlatform } from "../platform/platform.ts";
import { Notice } from "../ui/notice.tsx";
import { lastProgress } from "./steps.ts";

/** After how many milliseconds without progress the page warns. */
const patience = 90_000;

/** Warns when the store makes no progress or the controller is down. */
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
          <p>The store continues automatically as soon as the controller is back. Nothing is lost.</p>
        </Notice>
      ) : (
        <Notice look="warn" title={`No progress for ${count(Math.floor(idle / 60_000) || 1, "minute")}`}>
          <p>
            The platform may be busy, or its controller may be down. The store continues automatically; if it
            does not, ask an administrator to check the controller.
          </p>
        </Notice>
      )}
    </div>
  );
}
