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
  /** The shop's title has no letters that could become a name. */
  foreign?: boolean;
};

/** The store's name, with the address it would get while the person types. */
export function NameField({ name, onChange, check, pending, error, foreign }: Props) {
  const id = useId();
  const settled = !pending && check !== undefined && check.name === name;
  const refused = error ?? (settled && check.status !== "free" ? check.reason : undefined);
  const suggestion = settled && check.status !== "free" ? check.suggestion : undefined;
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-semibold text-sm">
        Name in the address
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
          <span className="text-soft">
            {foreign && "The shop name has no Latin letters, so choose a name for the address. "}
            Lowercase letters, digits and hyphens.
          </span>
        ) : refused ? (
          <span className="flex items-start gap-1.5 font-medium text-bad">
            <span className="mt-0.5">
              <CrossIcon />
            </span>
            <span>
              {refused}
              {suggestion && (
                <>
                  {" "}
                  <button
                    type="button"
                    className="font-semibold text-ink underline"
                    onClick={() => onChange(suggestion)}
                  >
                    Use {suggestion}
                  </button>
                </>
              )}
            </span>
          </span>
        ) : settled ? (
          <span className="flex min-w-0 items-start gap-1.5 text-good">
            <span className="mt-0.5">
              <CheckIcon />
            </span>
            <span className="min-w-0 break-all">
              Available. The address will be{" "}
              <span className="font-semibold">{check.url?.replace(/^https?:\/\//, "")}</span>
            </span>
          </span>
        ) : (
          <span className="text-soft">Checking availability…</span>
        )}
      </p>
    </div>
  );
}
