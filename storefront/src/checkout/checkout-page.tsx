import { type FormEvent, useEffect, useRef, useState } from "react";
import { Bill, BriefLines } from "../cart/bill";
import { EmptyCart } from "../cart/empty-cart";
import { PlacedBefore } from "../cart/placed-before";
import type { Cart } from "../lib/api";
import { formatMoney } from "../lib/money";
import { Link, useRouter } from "../lib/router";
import { orderPath } from "../lib/routes";
import { useCart, useShop, useTitle } from "../lib/shop";
import { BackIcon } from "../ui/icons";
import { LoadError } from "../ui/notice";
import { AddressFields, ContactFields } from "./address-fields";
import {
  type Details,
  type Errors,
  emptyDetails,
  type Field,
  readDraft,
  sortCountries,
  validate,
} from "./details";
import { type Outcome, placeOrder } from "./place-order";
import { ShippingChoice } from "./shipping-choice";
import { useShipping } from "./use-shipping";
import "../styles/checkout.css";

const draftKey = "shopflow.checkout";

/** Where an order stands between the click and its end. */
type Progress =
  | { step: "idle" }
  /** The click is kept until the delivery method is settled, together with the total that it agreed to. */
  | { step: "waiting"; agreedTotal: number }
  | { step: "placing" };

const buttonText = {
  idle: "Place order",
  waiting: "Waiting for delivery methods…",
  placing: "Placing your order…",
};

export function CheckoutPage() {
  useTitle("Checkout");
  const { cart: store } = useShop();
  const { status, error, cart, placedOrderId } = useCart();

  if (placedOrderId) return <PlacedBefore orderId={placedOrderId} />;
  if (status === "error") return <LoadError error={error} retry={() => void store.load()} />;
  if (status === "loading") return <CheckoutSkeleton />;
  if (!cart || (cart.items ?? []).length === 0) return <EmptyCart />;
  return <CheckoutForm key={cart.id} cart={cart} />;
}

function CheckoutForm({ cart }: { cart: Cart }) {
  const { api, cart: store, cache, session, announcer } = useShop();
  const router = useRouter();
  const countries = sortCountries(cart.region?.countries ?? []);
  const codes = countries.map((country) => country.iso_2 ?? "");
  const [details, setDetails] = useState<Details>(() => startDetails(session.get(draftKey), cart, codes));
  const [errors, setErrors] = useState<Errors>({});
  const [progress, setProgress] = useState<Progress>({ step: "idle" });
  const [problem, setProblem] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const deliverySection = useRef<HTMLElement>(null);
  // State would be too late for the second of two quick clicks.
  const busy = useRef(false);
  const shipping = useShipping(cart, details, progress.step === "placing");

  const onField = (field: Field, value: string) => {
    const next = { ...details, [field]: value };
    setDetails(next);
    session.set(draftKey, JSON.stringify(next));
    if (errors[field]) setErrors({ ...errors, [field]: validate(next, codes)[field] });
    if (field === "countryCode") {
      setErrors({});
      shipping.moved(next);
    }
  };
  const onLeave = (field: Field) => {
    shipping.moved(details);
    if (details[field] !== "") setErrors({ ...errors, [field]: validate(details, codes)[field] });
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy.current) return;
    setProblem(null);
    const found = validate(details, codes);
    setErrors(found);
    const count = Object.keys(found).length;
    if (count > 0) {
      announcer.say(count === 1 ? "One field needs your attention" : `${count} fields need your attention`);
      focusFirst(form.current, found);
      return;
    }
    busy.current = true;
    if (shipping.delivery.kind === "waiting") {
      setProgress({ step: "waiting", agreedTotal: cart.total });
      announcer.say("Waiting for delivery methods. Your order continues as soon as they are loaded.");
      return;
    }
    await proceed(cart.total);
  };

  /** Places the order when the delivery method is settled, else moves the focus to what is missing. */
  const proceed = async (agreedTotal: number) => {
    const { delivery } = shipping;
    try {
      if (delivery.kind !== "ready") {
        if (delivery.kind === "blocked") announcer.say(delivery.message);
        deliverySection.current?.focus();
        return;
      }
      setProgress({ step: "placing" });
      await store.settled();
      const attempt = {
        cart: store.state().cart ?? cart,
        details,
        optionId: delivery.optionId,
        agreedTotal,
      };
      finish(await placeOrder(api, store, attempt));
    } finally {
      busy.current = false;
      setProgress({ step: "idle" });
    }
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: the kept click continues once, when the wait ends
  useEffect(() => {
    if (progress.step === "waiting" && shipping.delivery.kind !== "waiting")
      void proceed(progress.agreedTotal);
  }, [progress.step, shipping.delivery.kind]);

  const finish = (outcome: Outcome) => {
    if (outcome.kind === "placed") {
      session.remove(draftKey);
      // The stock has changed.
      cache.drop("product");
      router.go(orderPath(outcome.orderId), { replace: true });
      store.placed();
      return;
    }
    if (outcome.kind === "changed") {
      store.replace(outcome.cart);
      const total = formatMoney(outcome.cart.total, outcome.cart.currency_code);
      setProblem(`The total is now ${total}. Please check it and place the order again.`);
      return;
    }
    setProblem(outcome.message);
  };

  const fields = { details, errors, onField, onLeave };
  return (
    <form className="checkout" ref={form} onSubmit={submit} noValidate aria-labelledby="checkout-title">
      <div className="checkout-head">
        <p className="crumb">
          <Link to="/cart">
            <BackIcon /> Back to the cart
          </Link>
        </p>
        <h1 id="checkout-title">Checkout</h1>
      </div>
      <fieldset className="checkout-steps" disabled={progress.step !== "idle"}>
        <section className="step" aria-labelledby="step-contact">
          <h2 id="step-contact">Contact</h2>
          <ContactFields {...fields} />
        </section>
        <section className="step" aria-labelledby="step-address">
          <h2 id="step-address">Delivery address</h2>
          <AddressFields {...fields} countries={countries} />
        </section>
        <section className="step" aria-labelledby="step-shipping" ref={deliverySection} tabIndex={-1}>
          <h2 id="step-shipping">Delivery method</h2>
          <ShippingChoice
            options={shipping.options}
            retry={shipping.retry}
            chosen={shipping.chosen}
            currency={cart.currency_code}
            error={shipping.problem}
            onChoose={shipping.choose}
          />
        </section>
        <section className="step" aria-labelledby="step-payment">
          <h2 id="step-payment">Payment</h2>
          <div className="choice choice-only">
            <span className="choice-text">
              <span>Pay on delivery</span>
              <span className="quiet">You pay when your order is delivered. Nothing is charged now.</span>
            </span>
          </div>
        </section>
      </fieldset>
      <section className="summary" aria-label="Order summary">
        <h2>Your order</h2>
        <BriefLines lines={cart.items ?? []} currency={cart.currency_code} />
        <Bill of={cart} unknown="Not chosen yet" />
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="button button-wide" aria-disabled={progress.step !== "idle"}>
          {buttonText[progress.step]}
        </button>
        <p className="quiet summary-note">You pay on delivery.</p>
      </section>
    </form>
  );
}

function startDetails(draft: string | null, cart: Cart, codes: readonly string[]): Details {
  const details = { ...emptyDetails, ...readDraft(draft) };
  if (codes.includes(details.countryCode)) return details;
  const known = cart.shipping_address?.country_code ?? "";
  return { ...details, countryCode: codes.includes(known) ? known : (codes[0] ?? "") };
}

/** Moves the focus to the first field with an error, in page order. */
function focusFirst(form: HTMLFormElement | null, errors: Errors): void {
  for (const element of form?.elements ?? []) {
    const name = element.getAttribute("name") ?? "";
    if (name in errors && element instanceof HTMLElement) {
      element.focus();
      return;
    }
  }
}

function CheckoutSkeleton() {
  return (
    <div className="checkout" aria-busy="true">
      <div className="checkout-head">
        <h1>Checkout</h1>
      </div>
      <div className="checkout-steps" aria-hidden="true">
        <span className="skeleton skeleton-choice" />
        <span className="skeleton skeleton-choice" />
        <span className="skeleton skeleton-choice" />
      </div>
    </div>
  );
}
