import { type Ref, useId } from "react";
import { inputLook } from "./field.tsx";
import { SearchIcon } from "./icons.tsx";

type SearchFieldProps = {
  label: string;
  placeholder: string;
  value: string;
  onText: (text: string) => void;
  /** The key that focuses the box from anywhere on the page. */
  shortcut?: string;
  ref?: Ref<HTMLInputElement>;
};

/** A search box that filters the list below while the person types. */
export function SearchField({ label, placeholder, value, onText, shortcut, ref }: SearchFieldProps) {
  const id = useId();
  return (
    <div className="relative min-w-56 flex-1">
      <label htmlFor={id} className="sr-only">
        {label}
      </label>
      <span className="pointer-events-none absolute inset-y-0 left-3.5 flex items-center text-soft">
        <SearchIcon />
      </span>
      <input
        ref={ref}
        id={id}
        type="search"
        autoComplete="off"
        placeholder={placeholder}
        aria-keyshortcuts={shortcut}
        value={value}
        onChange={(event) => onText(event.target.value)}
        className={`${inputLook} pl-11`}
      />
    </div>
  );
}
