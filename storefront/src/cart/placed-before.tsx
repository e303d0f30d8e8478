import { Link } from "../lib/router";
import { orderPath } from "../lib/routes";
import { Notice } from "../ui/notice";

/** The order was placed although its answer was lost: the shopper must not order again in doubt. */
export function PlacedBefore({ orderId }: { orderId: string }) {
  return (
    <Notice
      title="Your order was placed"
      action={
        <Link to={orderPath(orderId)} className="button">
          See your order
        </Link>
      }
    >
      <p>
        The connection was lost just after you ordered, but we received your order. There is nothing more to
        do.
      </p>
    </Notice>
  );
}
