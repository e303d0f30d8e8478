import { useId } from "react";
import type { NameCheck } from "../api/types.ts";
import { classes } from "../ui/classes.ts";
import { inputLook } from "../ui/field.tsx";
import { CheckIcon, CrossIcon } from "../ui/icons.tsx";

type Props = {
  name: string;
  onChange: (name: string) => void;
  check: NameCheck | undefined;
  pending: boolean;
  error: string | undefined;
};

/** The name in a store's address, with what would come of it while it is typed. */
export function NameField({ name, onChange, check, pending, error }: Props) {
  const id = useId();
  const settled = !pending && check !== undefined && check.name === name;
  const refused = error ?? (settled && check.status !== "free" ? check.reason : undefined);
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-semibold text-sm">
        Name in its address
      </label>
      <input
        id={id}
        value={name}
        onChange={(event) => onChange(event.target.value.toLowerCase().trim())}
        maxLength={60}
        required
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        aria-invalid={refused ? true : undefined}
        aria-describedby={`${id}-note`}
        className={classes(inputLook, "font-mono text-sm")}
        placeholder="fern-flint"
      />
      <p id={`${id}-note`} role="status" className="mt-1.5 flex min-h-6 items-start gap-1.5 text-sm">
        {name === "" ? (
          <span className="text-soft">Lower-case letters, digits and hyphens.</span>
        ) : refused ? (
          <span className="flex items-start gap-1.5 font-medium text-bad">
            <span className="mt-0.5">
              <CrossIcon />
            </span>
            {refused}
          </span>
        ) : settled ? (
          <span className="flex min-w-0 items-start gap-1.5 text-good">
            <span className="mt-0.5">
              <CheckIcon />
            </span>
            <span className="min-w-0 break-all">
              Free. It will be at{" "}
              <span className="font-semibold">{check.url?.replace(/^https?:\/\//, "")}</span>
            </span>
          </span>
        ) : (
          <span className="text-soft">Looking whether it is free…</span>
        )}
      </p>
    </div>
  );
}
