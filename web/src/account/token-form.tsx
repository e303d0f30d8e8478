import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client.ts";
import { refusedFields } from "../api/problem.ts";
import type { Scope } from "../api/types.ts";
import { useSession } from "../session/session.ts";
import { Button } from "../ui/button.tsx";
import { Choice, Field } from "../ui/field.tsx";
import { Form, FormError } from "../ui/form.tsx";

const scopes: readonly { value: Scope; label: string; about: string }[] = [
  { value: "stores:read", label: "Read", about: "See stores, logs and events" },
  { value: "stores:write", label: "Write", about: "Create and delete stores, show their passwords" },
  { value: "account", label: "Account", about: "Change your account and its tokens" },
  { value: "admin", label: "Administrator", about: "Everything that an administrator can do" },
];

const day = 86_400_000;

/** What a new token is for, and for how long. */
export function TokenForm({ onMade, onCancel }: { onMade: (secret: string) => void; onCancel: () => void }) {
  const { user } = useSession();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<readonly Scope[]>(["stores:read"]);
  const [days, setDays] = useState("90");
  const make = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/v1/tokens", {
          body: {
            name: name.trim(),
            scopes: [...chosen],
            expiresAt: new Date(Date.now() + Number(days) * day).toISOString(),
          },
        }),
      ),
    onSuccess: (answer) => onMade(answer.secret),
  });
  const refused = refusedFields(make.error);
  const toggle = (scope: Scope) =>
    setChosen(chosen.includes(scope) ? chosen.filter((other) => other !== scope) : [...chosen, scope]);
  return (
    <Form onSend={make.mutate}>
      <Field
        label="Name"
        placeholder="Laptop"
        required
        maxLength={80}
        autoComplete="off"
        value={name}
        onText={setName}
        error={refused.name}
      />
      <fieldset className="mb-5">
        <legend className="mb-1.5 font-semibold text-sm">Scopes</legend>
        {scopes
          .filter(({ value }) => value !== "admin" || user.role === "admin")
          .map(({ value, label, about }) => (
            <label key={value} className="flex min-h-11 items-center gap-3">
              <input
                type="checkbox"
                checked={chosen.includes(value)}
                onChange={() => toggle(value)}
                className="size-4.5 accent-accent"
              />
              <span>
                {label} <span className="text-sm text-soft">{about}</span>
              </span>
            </label>
          ))}
      </fieldset>
      <Choice
        label="Expiration"
        value={days}
        onChange={setDays}
        options={[
          { value: "7", label: "A week" },
          { value: "30", label: "30 days" },
          { value: "90", label: "90 days" },
          { value: "365", label: "A year" },
        ]}
      />
      <FormError error={make.error} fields={["name"]} />
      <div className="mt-7 flex flex-wrap justify-end gap-3">
        <Button onClick={onCancel}>Cancel</Button>
        <Button
          type="submit"
          look="primary"
          busy={make.isPending}
          disabled={name.trim() === "" || chosen.length === 0}
        >
          Create token
        </Button>
      </div>
    </Form>
  );
}
