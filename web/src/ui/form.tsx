import type { ComponentProps } from "react";
import { refusedFields, sentence } from "../api/problem.ts";
import { Field } from "./field.tsx";
import { Notice } from "./notice.tsx";

type FormProps = { onSend: () => void } & Omit<ComponentProps<"form">, "onSubmit">;

/** Fields that are sent together, by a button or by Enter, without leaving the page. */
export function Form({ onSend, ...form }: FormProps) {
  return (
    <form
      {...form}
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
    />
  );
}

type FormErrorProps = {
  error: unknown;
  /** The fields, by their names in the API, that say themselves what is wrong with them. */
  fields?: readonly string[];
  title?: string;
};

/** Why the form was refused, unless the fields say all of it. */
export function FormError({ error, fields = [], title }: FormErrorProps) {
  if (!error) return null;
  const refused = Object.entries(refusedFields(error));
  const rest = refused.filter(([field]) => !fields.includes(field)).map(([, message]) => message);
  const said = refused.length > 0 ? rest : [sentence(error)];
  if (said.length === 0) return null;
  return (
    <div className="mt-3 mb-5">
      <Notice look="bad" {...(title ? { title } : {})}>
        {said.map((message) => (
          <p key={message}>{message}</p>
        ))}
      </Notice>
    </div>
  );
}

/** A field for a new password, with the server's rule. */
export function NewPasswordField({
  hint = "At least 10 characters",
  ...field
}: Omit<ComponentProps<typeof Field>, "type" | "minLength" | "autoComplete" | "required">) {
  return <Field {...field} type="password" autoComplete="new-password" required minLength={10} hint={hint} />;
}
