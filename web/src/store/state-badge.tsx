import type { StoreState } from "../api/types.ts";
import { classes } from "../ui/classes.ts";
import { CheckIcon, CrossIcon } from "../ui/icons.tsx";

const looks: Record<StoreState, string> = {
  Ready: "bg-good-wash text-good",
  Provisioning: "bg-warn-wash text-warn",
  Degraded: "bg-warn-wash text-warn",
  Failed: "bg-bad-wash text-bad",
  DataLost: "bg-bad-wash text-bad",
  Deleting: "bg-sunken text-soft",
};

/** A store's state as a color, an icon and a word. */
export function StateBadge({ state }: { state: StoreState }) {
  return (
    <span
      className={classes(
        "inline-flex min-h-7 items-center gap-1.5 rounded-full py-0.5 pr-3 pl-2 font-semibold text-xs",
        looks[state],
      )}
    >
      {state === "Ready" && <CheckIcon />}
      {(state === "Failed" || state === "DataLost") && <CrossIcon />}
      {(state === "Provisioning" || state === "Degraded" || state === "Deleting") && (
        <span
          aria-hidden="true"
          className="mx-[0.3em] size-[0.55em] animate-pulse-dot rounded-full bg-current"
        />
      )}
      {state === "DataLost" ? "Data lost" : state}
    </span>
  );
}
