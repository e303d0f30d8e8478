import type { Store } from "../api/types.ts";
import { Button } from "../ui/button.tsx";
import { Form, FormError } from "../ui/form.tsx";
import { useChange } from "./change.tsx";

/** Whether the platform brings fixes for what the store runs, and how to get them. */
export function SoftwareSettings({ store }: { store: Store }) {
  const change = useChange(store, () => undefined);
  const known = store.conditions.find(({ type }) => type === "UpToDate");
  if (!known) return null;
  const refreshing = store.refresh !== undefined && !store.refresh.endedAt;
  const outdated = known.reason === "Outdated" || known.reason === "RefreshFailed";
  return (
    <section aria-labelledby="software" className="max-w-3xl">
      <h2 id="software" className="font-semibold text-lg">
        Software
      </h2>
      <p className="mt-2 max-w-lg text-soft">
        {refreshing || outdated
          ? "A refresh brings this store the platform's fixes for its version. The shop is closed for the seconds in which its database starts again. ShopFlow then buys in it. If that fails, the store goes back to what it ran."
          : `${known.message}.`}
      </p>
      {(refreshing || outdated) && (
        <Form onSend={() => !refreshing && change.mutate({ refresh: true })}>
          <FormError error={change.error} />
          <div className="mt-5">
            <Button
              type="submit"
              busy={change.isPending || refreshing}
              disabled={refreshing || store.state === "Deleting"}
            >
              Refresh the software
            </Button>
          </div>
        </Form>
      )}
    </section>
  );
}
