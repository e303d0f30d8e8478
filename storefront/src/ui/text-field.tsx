import { type InputHTMLAttributes, useId } from "react";

interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "id"> {
  label: string;
  optional?: boolean;
  error?: string | undefined;
  hint?: string;
  onValue: (value: string) => void;
}

/** A labeled input with its error below. */
export function TextField({ label, optional, error, hint, onValue, className, ...input }: TextFieldProps) {
  const id = useId();
  const note = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return (
    <div className={className ? `field ${className}` : "field"}>
      <label htmlFor={id}>
        {label}
        {optional && <span className="quiet"> (optional)</span>}
      </label>
      <input
        {...input}
        id={id}
        required={!optional}
        aria-invalid={error ? true : undefined}
        aria-describedby={note}
        onChange={(event) => onValue(event.target.value)}
      />
      <FieldNotes id={id} error={error} hint={hint} />
    </div>
  );
}

/** The hint of a field, or its error instead. */
export function FieldNotes({
  id,
  error,
  hint,
}: {
  id: string;
  error?: string | undefined;
  hint?: string | undefined;
}) {
  return (
    <>
      {hint && !error && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </>
  );
}
