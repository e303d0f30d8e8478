import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { api, unwrap } from "../api/client.ts";
import { Problem, refusedFields } from "../api/problem.ts";
import { putStore } from "../feed/cache.ts";
import { useDebounced } from "../lib/debounced.ts";
import { useTitle } from "../lib/title.ts";
import { enginesQuery, nameQuery, plansQuery } from "../platform/catalog.ts";
import { EngineChoice, PlanChoice } from "../platform/choices.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Form, FormError } from "../ui/form.tsx";
import { Failed } from "../ui/notice.tsx";
import { PageHead } from "../ui/panel.tsx";
import { NameField } from "./name-field.tsx";
import { slug } from "./slug.ts";

/** The form that creates a store. */
export function CreatePage() {
  useTitle("New store");
  const engines = useQuery(enginesQuery);
  const plans = useQuery(plansQuery);
  const failed = engines.error ?? plans.error;
  if (failed)
    return <Failed error={failed} again={() => void Promise.all([engines.refetch(), plans.refetch()])} />;
  return (
    <div className="max-w-3xl">
      <PageHead title="New store">
        <p>A new store is ready in about half a minute.</p>
      </PageHead>
      <CreateForm engines={engines.data} plans={plans.data} />
    </div>
  );
}

type FormProps = Parameters<typeof EngineChoice>[0]["engines"];

function CreateForm(props: { engines: FormProps; plans: Parameters<typeof PlanChoice>[0]["plans"] }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const form = useId();
  const [title, setTitle] = useState("");
  const [ownName, setOwnName] = useState<string>();
  const [chosenEngine, setEngine] = useState<string>();
  const [plan, setPlan] = useState("small");
  const engine = chosenEngine ?? props.engines?.find((candidate) => candidate.available)?.name;
  const name = ownName ?? slug(title);
  const checked = useDebounced(name, 250);
  const check = useQuery({ ...nameQuery(checked), enabled: checked !== "" });

  const create = useMutation({
    mutationFn: (body: { name: string; engine: string; plan: string; displayName: string }) =>
      unwrap(api.POST("/api/v1/stores", { body })),
    onSuccess: (store) => {
      putStore(client, store);
      void navigate({ to: "/stores/$name", params: { name: store.name } });
    },
  });
  const refused = refusedFields(create.error);
  const taken = create.error instanceof Problem && /^store_|^name_/.test(create.error.code);
  const send = () => {
    if (engine && name) create.mutate({ name, engine, plan, displayName: title.trim() });
  };

  return (
    <Form id={form} onSend={send} className="grid gap-10">
      <EngineChoice engines={props.engines} value={engine} onChange={setEngine} />
      <div className="grid gap-3">
        <Field
          label="Shop name"
          hint="Customers see this on every page."
          value={title}
          maxLength={80}
          onText={setTitle}
          error={refused.displayName}
          placeholder="Fern & Flint"
          autoComplete="off"
          autoFocus
        />
        <NameField
          name={name}
          onChange={setOwnName}
          check={check.data}
          pending={name !== checked || check.isFetching}
          foreign={title.trim() !== "" && slug(title) === ""}
          error={refused.name ?? (taken ? create.error?.message : undefined)}
        />
      </div>
      <PlanChoice plans={props.plans} engine={engine} value={plan} onChange={setPlan} />
      <FormError
        title="The store could not be created"
        error={taken ? undefined : create.error}
        fields={["name", "displayName"]}
      />
      <div className="flex flex-wrap gap-3 border-rule border-t pt-6">
        <Button type="submit" look="primary" busy={create.isPending} disabled={!engine || name === ""}>
          Create store
        </Button>
        <ButtonLink to="/" look="quiet">
          Cancel
        </ButtonLink>
      </div>
    </Form>
  );
}
