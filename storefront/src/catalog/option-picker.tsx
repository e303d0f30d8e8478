import { useId } from "react";
import type { Product } from "../lib/api";
import { openOptions, type Selection, stockOf, variantWith } from "./product";

interface OptionPickerProps {
  product: Product;
  selection: Selection;
  onChange: (selection: Selection) => void;
}

/** A radio group for each open option. Sold-out values stay visible and say so. */
export function OptionPicker({ product, selection, onChange }: OptionPickerProps) {
  const prefix = useId();
  return openOptions(product).map((option) => (
    <fieldset className="option" key={option.id}>
      <legend>{option.title}</legend>
      <div className="option-values">
        {(option.values ?? []).map(({ value }) => {
          const variant = variantWith(product, selection, option.id, value);
          const gone = variant !== undefined && stockOf(variant) === "none";
          return (
            <label className={gone ? "chip chip-gone" : "chip"} key={value}>
              <input
                type="radio"
                name={`${prefix}-${option.id}`}
                value={value}
                checked={selection[option.id] === value}
                disabled={variant === undefined}
                onChange={() => onChange({ ...selection, [option.id]: value })}
              />
              <span>
                {value}
                {gone && <span className="sr-only"> (sold out)</span>}
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  ));
}
