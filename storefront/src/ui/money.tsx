import { formatMoney, type Price } from "../lib/money";

export function Money({ amount, currency }: { amount: number; currency: string }) {
  return <span className="money">{formatMoney(amount, currency)}</span>;
}

/** A price, with the price before a sale. */
export function PriceTag({ price, from = false }: { price: Price | null; from?: boolean }) {
  if (price === null) return <span className="price price-none">Not available in your region</span>;
  return (
    <span className="price">
      {from && <span className="price-from">From </span>}
      {price.was !== null && <span className="sr-only">Now </span>}
      <Money amount={price.amount} currency={price.currency} />
      {price.was !== null && (
        <>
          <span className="sr-only">, before </span>
          <s className="price-was">
            <Money amount={price.was} currency={price.currency} />
          </s>
        </>
      )}
    </span>
  );
}
