import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client.ts";
import { refusedFields, sentence } from "../api/problem.ts";
import { chooseTheme, type Theme, useTheme } from "../lib/theme.ts";
import { useTitle } from "../lib/title.ts";
import { sessionQuery, useSession } from "../session/session.ts";
import { Button } from "../ui/button.tsx";
import { Choice, Field } from "../ui/field.tsx";
import { Form, FormError, NewPasswordField } from "../ui/form.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHead, Panel } from "../ui/panel.tsx";

/** What people can change about their own account. */
export function AccountPage() {
  useTitle("Account");
  const { user } = useSession();
  const theme = useTheme();
  return (
    <div className="max-w-2xl">
      <PageHead title="Account">
        <p className="break-all">{user.email}</p>
      </PageHead>
      <div className="grid gap-8">
        <Panel title="You">
          <NameForm name={user.name} />
        </Panel>
        {user.hasPassword && (
          <Panel title="Password">
            <PasswordForm />
          </Panel>
        )}
        <Panel title="Colors">
          <div className="max-w-xs">
            <Choice<Theme>
              label="Theme"
              value={theme}
              onChange={chooseTheme}
              options={[
                { value: "system", label: "System" },
                { value: "light", label: "Light" },
                { value: "dark", label: "Dark" },
              ]}
            />
          </div>
        </Panel>
      </div>
    </div>
  );
}

function NameForm({ name: before }: { name: string }) {
  const client = useQueryClient();
  const [name, setName] = useState(before);
  const save = useMutation({
    mutationFn: () => unwrap(api.PATCH("/api/v1/account", { body: { name: name.trim() } })),
    onSuccess: () => client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
  return (
    <Form onSend={save.mutate}>
      <Field
        label="Name"
        autoComplete="name"
        maxLength={80}
        value={name}
        onText={setName}
        error={save.error ? sentence(save.error) : undefined}
        hint={save.isSuccess && name.trim() === before ? "Saved" : ""}
      />
      <Button type="submit" busy={save.isPending} disabled={name.trim() === before}>
        Save name
      </Button>
    </Form>
  );
}

function PasswordForm() {
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const change = useMutation({
    mutationFn: () =>
      unwrap(api.PATCH("/api/v1/account", { body: { currentPassword: current, newPassword: wanted } })),
    onSuccess: () => {
      setCurrent("");
      setWanted("");
    },
  });
  const refused = refusedFields(change.error);
  return (
    <Form onSend={change.mutate}>
      <Field
        label="Current password"
        type="password"
        autoComplete="current-password"
        required
        value={current}
        onText={setCurrent}
        error={refused.currentPassword}
      />
      <NewPasswordField label="New password" value={wanted} onText={setWanted} error={refused.newPassword} />
      <FormError error={change.error} fields={["currentPassword", "newPassword"]} />
      {change.isSuccess && (
        <div className="mb-4">
          <Notice look="good">
            <p>Password changed. Other browsers are signed out.</p>
          </Notice>
        </div>
      )}
      <Button type="submit" busy={change.isPending} disabled={!current || !wanted}>
        Change password
      </Button>
    </Form>
  );
}
