import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { api, unwrap } from "../api/client.ts";
import type { Store } from "../api/types.ts";
import { putStore } from "../feed/cache.ts";
import { useStore } from "../feed/stores-query.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Form, FormError } from "../ui/form.tsx";
import { ChangeNotices } from "./change.tsx";
import { PlanSettings } from "./plan.tsx";
import { SoftwareSettings } from "./software.tsx";
import { TitleSettings } from "./title.tsx";

const route = getRouteApi("/app/stores/$name");

/** Settings of the whole store: its title, its plan, its software, and deleting it. */
export function Settings() {
  const { name } = route.useParams();
  const { store } = useStore(name);
  if (!store) return null;
  const deleting = store.state === "Deleting";
  return (
    <div className="grid gap-10">
      {!deleting && (
        <>
          <ChangeNotices store={store} />
          <TitleSettings store={store} />
          <PlanSettings store={store} />
          <SoftwareSettings store={store} />
        </>
      )}
      <Danger store={store} />
    </div>
  );
}

function Danger({ store }: { store: Store }) {
  const [asking, setAsking] = useState(false);
  const deleting = store.state === "Deleting";
  return (
    <section aria-labelledby="danger" className="max-w-3xl rounded-lg border border-bad/50 px-5 py-6 sm:px-7">
      <h2 id="danger" className="font-semibold text-bad text-lg">
        Danger zone
      </h2>
      <div className="mt-3 flex flex-wrap items-center justify-between gap-x-8 gap-y-4">
        <p className="max-w-lg text-soft">
          Deleting a store permanently removes its products, orders, customers and pictures. You get a receipt
          that says that nothing is left.
        </p>
        <Button look="danger" disabled={deleting} onClick={() => setAsking(true)}>
          {deleting ? "Being deleted" : "Delete this store"}
        </Button>
      </div>
      <DeleteDialog store={store} open={asking} onClose={() => setAsking(false)} />
    </section>
  );
}

function DeleteDialog({ store, open, onClose }: { store: Store; open: boolean; onClose: () => void }) {
  return (
    <Confirm open={open} onClose={onClose} title={`Delete ${store.displayName || store.name}?`}>
      <DeleteForm store={store} onClose={onClose} />
    </Confirm>
  );
}

function DeleteForm({ store, onClose }: { store: Store; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState("");
  const remove = useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/stores/{name}", { params: { path: { name: store.name } } })),
    onSuccess: (answer) => {
      putStore(client, answer);
      onClose();
      void navigate({ to: "/stores/$name", params: { name: store.name } });
    },
  });
  return (
    <Form onSend={() => typed === store.name && remove.mutate()}>
      <p className="mb-5 text-soft">Everything that the store owns is deleted. This cannot be undone.</p>
      <Field
        label={`Type ${store.name} to confirm`}
        value={typed}
        onText={setTyped}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        mono
      />
      <FormError error={remove.error} />
      <div className="mt-2 flex flex-wrap justify-end gap-3">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="danger" busy={remove.isPending} disabled={typed !== store.name}>
          Delete permanently
        </Button>
      </div>
    </Form>
  );
}
