import { useMinutes } from "../lib/clock.ts";
import { formatAge, formatMoment } from "../lib/format.ts";

/** How long ago; the exact moment shows on hover and is what a screen reader can ask for. */
export function Ago({ at }: { at: string }) {
  return (
    <time dateTime={at} title={formatMoment(at)} className="figures whitespace-nowrap">
      {formatAge(at, useMinutes())}
    </time>
  );
}
