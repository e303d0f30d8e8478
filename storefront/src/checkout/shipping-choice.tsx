import type { ShippingOption } from "../lib/api";
import { describeFailure } from "../lib/failure";
import type { Loaded } from "../lib/resource";
import { Money } from "../ui/money";
import { deliveryPrice, noDelivery } from "./delivery";

interface ShippingChoiceProps {
  options: Loaded<ShippingOption[]>;
  retry: () => void;
  chosen: string | null;
  currency: string;
  error: string | undefined;
  onChoose: (id: string) => void;
}

/** The delivery methods, as radio buttons. */
export function ShippingChoice({ options, retry, chosen, currency, error, onChoose }: ShippingChoiceProps) {
  if (options.status === "loading") {
    return (
      <div aria-busy="true">
        <p className="sr-only">Loading delivery methods</p>
        <div className="choice skeleton skeleton-choice" aria-hidden="true" />
      </div>
    );
  }
  if (options.status === "error") {
    return (
      <p className="problem" role="alert">
        {describeFailure(options.error).message}{" "}
        <button type="button" className="text-button" onClick={retry}>
          Try again
        </button>
      </p>
    );
  }
  if (options.value.length === 0) {
    return (
      <p className="problem" role="alert">
        {noDelivery}
      </p>
    );
  }
  return (
    <div
      role="radiogroup"
      aria-label="Delivery method"
      aria-describedby={error ? "shipping-error" : undefined}
      className="choices"
    >
      {options.value.map((option) => (
        <label className="choice" key={option.id}>
          <input
            type="radio"
            name="shipping"
            value={option.id}
            checked={chosen === option.id}
            onChange={() => onChoose(option.id)}
          />
          <span className="choice-text">
            <span>{option.name}</span>
            {option.type?.description && <span className="quiet">{option.type.description}</span>}
          </span>
          <OptionPrice option={option} currency={currency} />
        </label>
      ))}
      {error && (
        <p className="field-error" id="shipping-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function OptionPrice({ option, currency }: { option: ShippingOption; currency: string }) {
  const amount = deliveryPrice(option);
  if (amount === null) return <span className="quiet">Calculated when chosen</span>;
  return amount === 0 ? <span>Free</span> : <Money amount={amount} currency={currency} />;
}
