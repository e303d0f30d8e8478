import { type FormEvent, useRef, useState } from "react";
import { describeFailure } from "../lib/failure";
import { useRouter } from "../lib/router";
import { orderPath } from "../lib/routes";
import { useShop, useTitle } from "../lib/shop";
import { TextField } from "../ui/text-field";
import { orderNumber } from "./lookup";
import "../styles/checkout.css";

export function LookupPage() {
  useTitle("Find an order");
  const { api } = useShop();
  const router = useRouter();
  const [number, setNumber] = useState("");
  const [email, setEmail] = useState("");
  const [errors, setErrors] = useState<{ number?: string; email?: string }>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [looking, setLooking] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (looking) return;
    setProblem(null);
    const found: typeof errors = {};
    const wanted = orderNumber(number);
    if (wanted === null) found.number = "Enter the number from your order, such as 12";
    if (!email.includes("@")) found.email = "Enter the email address you ordered with";
    setErrors(found);
    if (wanted === null || found.email) {
      form.current?.querySelector<HTMLElement>(found.number ? "[name=number]" : "[name=email]")?.focus();
      return;
    }
    setLooking(true);
    try {
      const id = await api.lookupOrder(wanted, email.trim());
      if (id === null) setProblem("We have no order with that number and email address. Please check both.");
      else router.go(orderPath(id));
    } catch (error) {
      setProblem(describeFailure(error).message);
    } finally {
      setLooking(false);
    }
  };

  return (
    <form className="lookup" ref={form} onSubmit={submit} noValidate aria-labelledby="lookup-title">
      <h1 id="lookup-title">Find an order</h1>
      <p className="quiet">Your order number is on the confirmation page.</p>
      <TextField
        label="Order number"
        name="number"
        inputMode="numeric"
        autoComplete="off"
        value={number}
        error={errors.number}
        onValue={setNumber}
      />
      <TextField
        label="Email"
        name="email"
        type="email"
        autoComplete="email"
        spellCheck={false}
        value={email}
        error={errors.email}
        onValue={setEmail}
      />
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" className="button button-wide" aria-disabled={looking}>
        {looking ? "Searching…" : "Find order"}
      </button>
    </form>
  );
}
