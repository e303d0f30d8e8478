import { useState } from "react";
import { MinusIcon, PlusIcon } from "./icons";

interface QuantityProps {
  /** What is counted, for screen readers: "Quantity" or "Quantity of Wool Throw". */
  label: string;
  value: number;
  /** The most that can be ordered; null for the shop's own limit. */
  max: number | null;
  onChange: (value: number) => void;
}

const shopLimit = 99;

/** A quantity, changed by buttons or typed. A typed number applies on blur or Enter. */
export function Quantity({ label, value, max, onChange }: QuantityProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const most = Math.max(1, Math.min(max ?? shopLimit, shopLimit));
  const lower = label.charAt(0).toLowerCase() + label.slice(1);

  const commit = () => {
    if (typed === null) return;
    setTyped(null);
    const wanted = Number.parseInt(typed, 10);
    const bounded = Math.min(most, Math.max(1, wanted));
    if (Number.isFinite(wanted) && bounded !== value) onChange(bounded);
  };

  return (
    <div className="quantity">
      <button
        type="button"
        aria-label={`Decrease ${lower}`}
        disabled={value <= 1}
        onClick={() => onChange(value - 1)}
      >
        <MinusIcon />
      </button>
      <input
        aria-label={label}
        inputMode="numeric"
        autoComplete="off"
        maxLength={3}
        value={typed ?? value}
        onChange={(event) => setTyped(event.target.value.replace(/\D/g, ""))}
        onFocus={(event) => event.target.select()}
        onBlur={commit}
        onKeyDown={(event) => event.key === "Enter" && commit()}
      />
      <button
        type="button"
        aria-label={`Increase ${lower}`}
        disabled={value >= most}
        onClick={() => onChange(value + 1)}
      >
        <PlusIcon />
      </button>
    </div>
  );
}
