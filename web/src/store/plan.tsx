import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client.ts";
import type { Store } from "../api/types.ts";
import { putStore } from "../feed/cache.ts";
import { plansQuery } from "../platform/catalog.ts";
import { PlanChoice } from "../platform/choices.tsx";
import { Button } from "../ui/button.tsx";
import { Form, FormError } from "../ui/form.tsx";
import { Notice } from "../ui/notice.tsx";

/** The size of a store, and how to change it. */
export function PlanSettings({ store }: { store: Store }) {
  const client = useQueryClient();
  const { data: plans } = useQuery(plansQuery);
  const [chosen, setChosen] = useState<string>();
  const change = useMutation({
    mutationFn: (plan: string) =>
      unwrap(api.PATCH("/api/v1/stores/{name}", { params: { path: { name: store.name } }, body: { plan } })),
    onSuccess: (answer) => {
      putStore(client, answer);
      setChosen(undefined);
    },
  });
  const plan = chosen ?? store.plan;
  const refused = refusal(store);
  return (
    <section aria-labelledby="plan" className="max-w-3xl">
      <h2 id="plan" className="font-semibold text-lg">
        Plan
      </h2>
      <p className="mt-2 mb-5 max-w-lg text-soft">
        Changing the plan closes the shop for the seconds in which its database starts again. Its volumes keep
        their size.
      </p>
      {refused && (
        <div className="mb-5">
          <Notice look="warn" title="The last change was not made">
            {refused}
          </Notice>
        </div>
      )}
      <Form onSend={() => plan !== store.plan && change.mutate(plan)}>
        <PlanChoice plans={plans} engine={store.engine} value={plan} volumes={false} onChange={setChosen} />
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

/** Why the last change of a store was not made; empty if it was. */
export function refusal(store: Store): string {
  const found = store.conditions.find(({ type, reason }) => type === "Updated" && reason === "ChangeRefused");
  return found?.message ?? "";
}
