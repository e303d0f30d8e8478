import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Store } from "../api/types.ts";
import { plansQuery } from "../platform/catalog.ts";
import { PlanChoice } from "../platform/choices.tsx";
import { Button } from "../ui/button.tsx";
import { Form, FormError } from "../ui/form.tsx";
import { useChange } from "./change.tsx";

/** The size of a store, and how to change it. */
export function PlanSettings({ store }: { store: Store }) {
  const { data: plans } = useQuery(plansQuery);
  const [chosen, setChosen] = useState<string>();
  const change = useChange(store, () => setChosen(undefined));
  const plan = chosen ?? store.plan;
  return (
    <section aria-labelledby="plan" className="max-w-3xl">
      <h2 id="plan" className="font-semibold text-lg">
        Plan
      </h2>
      <p className="mt-2 mb-5 max-w-lg text-soft">
        Changing the plan closes the shop for the seconds in which its database starts again. Its volumes grow
        with the plan, and never shrink.
      </p>
      <Form onSend={() => plan !== store.plan && change.mutate({ plan })}>
        <PlanChoice plans={plans} engine={store.engine} value={plan} onChange={setChosen} />
        <FormError error={change.error} />
        <div className="mt-5">
          <Button
            type="submit"
            busy={change.isPending}
            disabled={plan === store.plan || store.state === "Deleting"}
          >
            Change the plan
          </Button>
        </div>
      </Form>
    </section>
  );
}
