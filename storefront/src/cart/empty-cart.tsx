import { Link } from "../lib/router";
import { Notice } from "../ui/notice";

/** Shown in place of the cart, and of the checkout, when there is nothing to buy. */
export function EmptyCart() {
  return (
    <Notice
      title="Your cart is empty"
      action={
        <Link to="/" className="button">
          See the collection
        </Link>
      }
    >
      <p>Add something you like, and it will be here when you come back.</p>
    </Notice>
  );
}
