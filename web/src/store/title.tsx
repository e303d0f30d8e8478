import { useState } from "react";
import { refusedFields } from "../api/problem.ts";
import type { Store } from "../api/types.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Form, FormError } from "../ui/form.tsx";
import { useChange } from "./change.tsx";

/** The title of a shop, and how to change it. */
export function TitleSettings({ store }: { store: Store }) {
  const [typed, setTyped] = useState<string>();
  const change = useChange(store, () => setTyped(undefined));
  const now = store.displayName || store.name;
  const title = (typed ?? now).trim();
  const same = title === now || title === "";
  return (
    <section aria-labelledby="title" className="max-w-3xl">
      <h2 id="title" className="mb-4 font-semibold text-lg">
        Title
      </h2>
      <Form onSend={() => !same && change.mutate({ displayName: title })}>
        <Field
          label="Shop name"
          hint="Customers see this on every page. The address stays, and the shop stays open."
          value={typed ?? now}
          maxLength={80}
          onText={setTyped}
          error={refusedFields(change.error).displayName}
          autoComplete="off"
        />
        <FormError error={change.error} fields={["displayName"]} />
        <div className="mt-5">
          <Button type="submit" busy={change.isPending} disabled={same || store.state === "Deleting"}>
            Change the title
          </Button>
        </div>
      </Form>
    </section>
  );
}
