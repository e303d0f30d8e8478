import type { Store } from "../api/types.ts";
import { formatMilliseconds, formatMoment } from "../lib/format.ts";
import { CheckIcon } from "../ui/icons.tsx";
import { Skeleton } from "../ui/panel.tsx";
import { ReceiptLine, ReceiptPaper } from "../ui/receipt.tsx";

/** The receipt of the proof of sale, or its placeholder. */
export function SaleReceipt({ store }: { store: Store }) {
  const { receipt } = store;
  if (!receipt)
    return (
      <ReceiptPaper
        title="Proof of sale"
        note={store.state === "Provisioning" ? "Available after the first sale" : "No sale yet"}
        faint
      >
        <div className="grid gap-3 opacity-70">
          {["85%", "70%", "78%", "60%", "72%"].map((width) => (
            <Skeleton key={width} height="0.8rem" width={width} />
          ))}
        </div>
      </ReceiptPaper>
    );
  return (
    <ReceiptPaper
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
          <ReceiptLine
            key={step.name}
            what={firstUpper(step.name)}
            amount={formatMilliseconds(step.milliseconds)}
          />
        ))}
      </dl>
      <dl className="mt-3 border-rule border-t border-dashed pt-3">
        <ReceiptLine strong what="Total" amount={formatMilliseconds(receipt.milliseconds)} />
      </dl>
      <p className="mt-4 flex items-center justify-center gap-1.5 font-semibold text-good text-sm">
        <CheckIcon /> It sells
      </p>
      <p className="mt-2 text-center text-soft text-xs">
        ShopFlow bought a product through the public address, then removed the order, so the shop starts
        empty.
      </p>
    </ReceiptPaper>
  );
}

const firstUpper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
