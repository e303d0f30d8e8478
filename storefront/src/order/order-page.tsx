import { Bill, BriefLines } from "../cart/bill";
import type { Order } from "../lib/api";
import { describeFailure } from "../lib/failure";
import { useResource } from "../lib/resource";
import { Link } from "../lib/router";
import { useShop, useTitle } from "../lib/shop";
import { Money } from "../ui/money";
import { LoadError, NotFound } from "../ui/notice";
import "../styles/order.css";

export function OrderPage({ id }: { id: string }) {
  const { api, cache } = useShop();
  const order = useResource(cache, `order:${id}`, () => api.order(id));
  useTitle(order.status === "ready" ? `Order #${order.value.display_id}` : null);
  if (order.status === "loading") return <OrderSkeleton />;
  if (order.status === "ready") return <OrderView order={order.value} />;
  if (describeFailure(order.error).kind === "gone") return <NotFound what="order" />;
  return <LoadError error={order.error} retry={order.retry} />;
}

function OrderView({ order }: { order: Order }) {
  const canceled = order.status === "canceled";
  const address = order.shipping_address;
  const date = new Date(order.created_at);
  return (
    <article className="order">
      <header className="order-head">
        <p className="order-thanks">
          {canceled
            ? "This order was canceled"
            : `Thank you${address?.first_name ? `, ${address.first_name}` : ""}`}
        </p>
        <h1 className="order-number">
          <span className="order-word">Order</span> #{order.display_id}
        </h1>
        {!canceled && (
          <p className="order-note">
            Please keep <Money amount={order.total} currency={order.currency_code} /> ready for the courier:
            you pay on delivery.
          </p>
        )}
      </header>
      <section className="order-items" aria-labelledby="order-items">
        <h2 id="order-items">Items</h2>
        <BriefLines lines={order.items ?? []} currency={order.currency_code} />
        <Bill of={order} />
      </section>
      <div className="order-facts">
        <section aria-labelledby="order-address">
          <h2 id="order-address">Delivery address</h2>
          <address>
            {addressLines(order).map((line) => (
              <span key={line}>{line}</span>
            ))}
          </address>
        </section>
        <section aria-labelledby="order-shipping">
          <h2 id="order-shipping">Delivery</h2>
          <p>{order.shipping_methods?.map((method) => method.name).join(", ") || "To be arranged"}</p>
        </section>
        <section aria-labelledby="order-placed">
          <h2 id="order-placed">Placed</h2>
          <p>
            <time dateTime={date.toISOString()}>
              {date.toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" })}
            </time>
          </p>
          <p className="quiet order-email">{order.email}</p>
        </section>
      </div>
      <p className="order-after">
        <Link to="/" className="button button-quiet">
          Back to the shop
        </Link>
        <span className="quiet">
          To see this page again, enter the order number and your email under{" "}
          <Link to="/lookup">Find an order</Link>.
        </span>
      </p>
    </article>
  );
}

function addressLines(order: Order): string[] {
  const address = order.shipping_address;
  if (!address) return ["None given"];
  const lines = [
    [address.first_name, address.last_name],
    [address.address_1],
    [address.address_2],
    [address.city, address.province, address.postal_code],
    [countryName(address.country_code)],
    [address.phone],
  ];
  const text = lines.map((parts) => parts.filter(Boolean).join(" ")).filter((line) => line !== "");
  return [...new Set(text)];
}

function countryName(code: string | null | undefined): string {
  if (!code) return "";
  try {
    return new Intl.DisplayNames(undefined, { type: "region" }).of(code.toUpperCase()) ?? code;
  } catch {
    return code.toUpperCase();
  }
}

function OrderSkeleton() {
  return (
    <div className="order" aria-busy="true">
      <p className="sr-only">Loading the order</p>
      <div className="order-head" aria-hidden="true">
        <span className="skeleton skeleton-word" />
        <span className="skeleton skeleton-title" />
        <span className="skeleton skeleton-line" />
      </div>
    </div>
  );
}
