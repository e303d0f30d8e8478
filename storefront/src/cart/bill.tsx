import { variantLabel } from "../catalog/product";
import type { Cart, CartLine, Order } from "../lib/api";
import { Money } from "../ui/money";
import { Picture } from "../ui/picture";
import { billTotals } from "./totals";

/** The totals of a cart or an order, line by line; with a text in place of an amount that is not known yet. */
export function Bill({ of, unknown = "At checkout" }: { of: Cart | Order; unknown?: string }) {
  const { rows, total, includedTax } = billTotals(of);
  const currency = of.currency_code;
  return (
    <dl className="bill">
      {rows.map(({ label, amount }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {amount === null ? (
              <span className="quiet">{unknown}</span>
            ) : amount === 0 && label === "Delivery" ? (
              "Free"
            ) : (
              <Money amount={amount} currency={currency} />
            )}
          </dd>
        </div>
      ))}
      <div className="bill-total">
        <dt>Total</dt>
        <dd>
          <Money amount={total} currency={currency} />
        </dd>
      </div>
      {includedTax !== null && (
        <div className="bill-note">
          <dt>Tax in the total</dt>
          <dd>
            <Money amount={includedTax} currency={currency} />
          </dd>
        </div>
      )}
    </dl>
  );
}

interface Line extends Pick<CartLine, "id" | "title" | "quantity" | "unit_price"> {
  product_title?: string | null;
  variant_title?: string | null;
  thumbnail?: string | null;
}

/** The lines of a cart or an order, read-only. */
export function BriefLines({ lines, currency }: { lines: readonly Line[]; currency: string }) {
  return (
    <ul className="brief" aria-label="Items">
      {lines.map((line) => {
        const title = line.product_title ?? line.title;
        const label = variantLabel(line.variant_title, title);
        return (
          <li key={line.id}>
            <span className="brief-picture">
              <Picture src={line.thumbnail} alt="" name={title} />
            </span>
            <span className="brief-text">
              <span className="brief-title">{title}</span>
              {label && <span className="quiet">{label}</span>}
              <span className="quiet">Quantity {line.quantity}</span>
            </span>
            <Money amount={line.unit_price * line.quantity} currency={currency} />
          </li>
        );
      })}
    </ul>
  );
}
