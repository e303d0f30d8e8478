import { classes } from "./classes.ts";

/** How full something is. */
export function Bar({ label, used, of }: { label: string; used: number; of: number | undefined }) {
  if (!of) return null;
  const part = Math.min(1, used / of);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a <meter> cannot be styled in every browser
    <div
      role="meter"
      aria-label={label}
      aria-valuenow={Math.round(part * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={`${Math.round(part * 100)} %`}
      className="h-1.5 overflow-hidden rounded-full bg-sunken"
    >
      <div
        className={classes(
          "h-full rounded-full",
          part > 0.9 ? "bg-bad" : part > 0.75 ? "bg-warn" : "bg-good",
        )}
        style={{ width: `${part * 100}%` }}
      />
    </div>
  );
}
