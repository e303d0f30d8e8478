import { useState } from "react";
import { variantLabel } from "../catalog/product";
import type { CartLine } from "../lib/api";
import { countItems } from "../lib/cart-store";
import { describeFailure } from "../lib/failure";
import { Link } from "../lib/router";
import { productPath } from "../lib/routes";
import { useCart, useShop, useTitle } from "../lib/shop";
import { Money } from "../ui/money";
import { LoadError } from "../ui/notice";
import { Picture } from "../ui/picture";
import { Quantity } from "../ui/quantity";
import { Bill } from "./bill";
import { EmptyCart } from "./empty-cart";
import { PlacedBefore } from "./placed-before";

export function CartPage() {
  useTitle("Cart");
  const { cart: store } = useShop();
  const { status, error, cart, pending, placedOrderId } = useCart();
  const lines = cart?.items ?? [];

  if (placedOrderId) return <PlacedBefore orderId={placedOrderId} />;
  if (status === "error") return <LoadError error={error} retry={() => void store.load()} />;
  if (status === "loading") return <CartSkeleton />;
  if (!cart || lines.length === 0) return <EmptyCart />;
  return (
    <div className="cart">
      <h1>Your cart</h1>
      <ul className="lines" aria-label="Items in your cart">
        {lines.map((line) => (
          <Line key={line.id} line={line} currency={cart.currency_code} />
        ))}
      </ul>
      <section className="summary" aria-label="Summary" aria-busy={pending > 0}>
        <h2>Summary</h2>
        <Bill of={cart} />
        <Link to="/checkout" className="button button-wide">
          Go to checkout
        </Link>
        <p className="quiet summary-note">You pay on delivery. Nothing is charged today.</p>
      </section>
    </div>
  );
}

function Line({ line, currency }: { line: CartLine; currency: string }) {
  const { cart, announcer } = useShop();
  // The quantity that the shopper asked for, until the server has answered.
  const [wanted, setWanted] = useState<number | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const title = line.product_title ?? line.title;
  const label = variantLabel(line.variant_title, title);
  const name = label ? `${title}, ${label}` : title;

  const change = async (quantity: number) => {
    setWanted(quantity);
    setProblem(null);
    try {
      const after = await cart.setQuantity(line.id, quantity);
      const count = countItems(after);
      announcer.say(
        quantity === 0 ? `${name} removed. ${count} in the cart` : `${name}: ${quantity} in the cart`,
      );
    } catch (error) {
      setProblem(describeFailure(error).message);
    }
    setWanted((current) => (current === quantity ? null : current));
  };

  const quantity = wanted ?? line.quantity;
  return (
    <li className={wanted === 0 ? "line line-going" : "line"}>
      <span className="line-picture">
        <Picture src={line.thumbnail} alt="" name={title} />
      </span>
      <div className="line-text">
        <h2 className="line-title">
          {line.product_handle ? <Link to={productPath(line.product_handle)}>{title}</Link> : title}
        </h2>
        {label && <p className="quiet">{label}</p>}
        <p className="quiet">
          <Money amount={line.unit_price} currency={currency} />
          <span className="sr-only"> each</span>
        </p>
      </div>
      <p className="line-total">
        <Money amount={line.unit_price * quantity} currency={currency} />
      </p>
      <div className="line-tools">
        <Quantity label={`Quantity of ${name}`} value={Math.max(1, quantity)} max={null} onChange={change} />
        <button type="button" className="text-button" aria-label={`Remove ${name}`} onClick={() => change(0)}>
          Remove
        </button>
      </div>
      {problem && (
        <p className="problem line-problem" role="alert">
          {problem}
        </p>
      )}
    </li>
  );
}

function CartSkeleton() {
  return (
    <div className="cart" aria-busy="true">
      <h1>Your cart</h1>
      <ul className="lines" aria-hidden="true">
        {[0, 1].map((index) => (
          <li className="line" key={index}>
            <span className="line-picture skeleton" />
            <div className="line-text">
              <span className="skeleton skeleton-line" />
              <span className="skeleton skeleton-word" />
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}
