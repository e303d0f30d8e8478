import { type ComponentProps, type ReactNode, useId } from "react";
import { classes } from "./classes.ts";

export const inputLook =
  "block min-h-11 w-full rounded-md border border-edge bg-sheet px-3.5 text-base transition-colors duration-150 hover:border-ink aria-invalid:border-bad disabled:bg-sunken disabled:text-soft";

type FieldProps = {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  /** Shown before or after the text, inside the same box. */
  suffix?: string;
  mono?: boolean;
  onText: (text: string) => void;
} & Omit<ComponentProps<"input">, "className" | "onChange">;

/** A line of text with its label, its hint and what is wrong with it. The line for the last two is always there. */
export function Field({ label, hint, error, suffix, mono, onText, ...input }: FieldProps) {
  const id = useId();
  const note = `${id}-note`;
  return (
    <div className="mb-2">
      <label htmlFor={id} className="mb-1.5 block font-semibold text-sm">
        {label}
      </label>
      <div className="relative">
        <input
          {...input}
          id={id}
          onChange={(event) => onText(event.target.value)}
          aria-invalid={error ? true : undefined}
          aria-describedby={note}
          className={classes(inputLook, mono && "font-mono text-sm")}
        />
        {suffix && (
          <span className="pointer-events-none absolute inset-y-0 right-3.5 flex items-center text-sm text-soft">
            {suffix}
          </span>
        )}
      </div>
      <p
        id={note}
        className={classes("mt-1.5 min-h-6 text-sm", error ? "font-medium text-bad" : "text-soft")}
      >
        {error ?? hint}
      </p>
    </div>
  );
}

/** A choice out of a few, where the words alone say enough. */
export function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
  hideLabel?: boolean;
}) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className={props.hideLabel ? "sr-only" : "mb-1.5 block font-semibold text-sm"}>
        {props.label}
      </label>
      <div className="relative max-w-64">
        <select
          id={id}
          value={props.value}
          onChange={(event) => props.onChange(event.target.value as T)}
          className={classes(inputLook, "appearance-none truncate pr-10")}
        >
          {props.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <svg
          aria-hidden="true"
          viewBox="0 0 20 20"
          className="pointer-events-none absolute top-1/2 right-3 size-5 -translate-y-1/2 fill-none stroke-soft stroke-[1.5]"
        >
          <path d="m5.500 8 4.500 4.500L14.500 8" />
        </svg>
      </div>
    </div>
  );
}
