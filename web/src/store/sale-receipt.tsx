import type { Store } from "../api/types.ts";
import { formatMilliseconds, formatMoment } from "../lib/format.ts";
import { CheckIcon } from "../ui/icons.tsx";
import { Skeleton } from "../ui/panel.tsx";
import { Till, TillLine } from "../ui/till.tsx";

/** The proof that the store sells, or the place where it will be. */
export function SaleReceipt({ store }: { store: Store }) {
  const { receipt } = store;
  if (!receipt)
    return (
      <Till
        title="Proof of sale"
        note={
          store.state === "Provisioning"
            ? "Printed when the store has sold something"
            : "Not sold anything yet"
        }
        faint
      >
        <div className="grid gap-3 opacity-70">
          {["85%", "70%", "78%", "60%", "72%"].map((width) => (
            <Skeleton key={width} height="0.8rem" width={width} />
          ))}
        </div>
      </Till>
    );
  return (
    <Till
      title="Proof of sale"
      note={
        <>
          Order {receipt.orderNumber}
          <br />
          <time dateTime={receipt.soldAt}>{formatMoment(receipt.soldAt)}</time>
        </>
      }
    >
      <dl>
        {receipt.steps.map((step) => (
          <TillLine
            key={step.name}
            what={firstUpper(step.name)}
            amount={formatMilliseconds(step.milliseconds)}
          />
        ))}
      </dl>
      <dl className="mt-3 border-rule border-t border-dashed pt-3">
        <TillLine strong what="In all" amount={formatMilliseconds(receipt.milliseconds)} />
      </dl>
      <p className="mt-4 flex items-center justify-center gap-1.5 font-semibold text-good text-sm">
        <CheckIcon /> It sells
      </p>
      <p className="mt-2 text-center text-soft text-xs">
        A shopper bought through the public address. The order was then taken out again, so the shop starts
        empty.
      </p>
    </Till>
  );
}

const firstUpper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
