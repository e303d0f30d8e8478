import type { ReactNode } from "react";
import { classes } from "./classes.ts";

/** A paper receipt: how the dashboard shows that something really happened. */
export function ReceiptPaper({
  title,
  note,
  faint,
  children,
}: {
  title: string;
  note: ReactNode;
  faint?: boolean;
  children: ReactNode;
}) {
  return (
    <section
      aria-label={title}
      className="drop-shadow-[0_1px_5px_light-dark(rgb(60_40_20/18%),rgb(0_0_0/60%))]"
    >
      <div className={classes("torn bg-sheet px-6 py-9", faint && "text-soft")}>
        <h2 className="text-center font-serif text-lg">{title}</h2>
        <div className="mt-0.5 text-center text-soft text-sm">{note}</div>
        <div className="mt-5 border-rule border-t border-dashed pt-4">{children}</div>
      </div>
    </section>
  );
}

/** A line of a receipt: what, and how much. */
export function ReceiptLine({
  what,
  amount,
  strong,
}: {
  what: ReactNode;
  amount: ReactNode;
  strong?: boolean;
}) {
  return (
    <div
      className={classes(
        "flex items-baseline justify-between gap-4 py-0.5 text-sm",
        strong ? "font-semibold" : "",
      )}
    >
      <dt className="min-w-0 break-words">{what}</dt>
      <dd className="figures shrink-0 font-mono text-xs">{amount}</dd>
    </div>
  );
}
