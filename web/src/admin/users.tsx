import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client.ts";
import { refusedFields, sentence } from "../api/problem.ts";
import type { Role, User } from "../api/types.ts";
import { useSession } from "../session/session.ts";
import { Button } from "../ui/button.tsx";
import { Confirm, Modal } from "../ui/dialog.tsx";
import { Choice, Field } from "../ui/field.tsx";
import { Form, FormError, NewPasswordField } from "../ui/form.tsx";
import { PlusIcon } from "../ui/icons.tsx";
import { Failed, Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/panel.tsx";
import { Ago } from "../ui/time.tsx";
import { usersQuery } from "./users-query.ts";

const roles: readonly { value: Role; label: string }[] = [
  { value: "merchant", label: "Merchant" },
  { value: "admin", label: "Administrator" },
];

/** The users and their roles. */
export function Users() {
  const { data, error, refetch } = useQuery(usersQuery);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<User>();
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  return (
    <>
      <div className="mb-4 flex justify-end">
        <Button look="primary" onClick={() => setAdding(true)}>
          <PlusIcon /> Add user
        </Button>
      </div>
      <ul aria-label="Users" className="divide-y divide-rule rounded-lg border border-rule bg-sheet">
        {data
          ? data.map((user) => <UserRow key={user.id} user={user} onRemove={setRemoving} />)
          : ["a", "b", "c"].map((row) => (
              <li key={row} className="px-5 py-6 sm:px-7">
                <Skeleton width="50%" />
              </li>
            ))}
      </ul>
      <Modal open={adding} onClose={() => setAdding(false)} title="Add user">
        <AddForm onDone={() => setAdding(false)} />
      </Modal>
      <Confirm
        open={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={`Remove ${removing?.email ?? ""}?`}
      >
        {removing && <Remove user={removing} onDone={() => setRemoving(undefined)} />}
      </Confirm>
    </>
  );
}

function UserRow({ user, onRemove }: { user: User; onRemove: (user: User) => void }) {
  const client = useQueryClient();
  const { user: self } = useSession();
  const change = useMutation({
    mutationFn: (body: { role?: Role; disabled?: boolean }) =>
      unwrap(api.PATCH("/api/v1/users/{id}", { params: { path: { id: user.id } }, body })),
    onSettled: () => client.invalidateQueries({ queryKey: usersQuery.queryKey }),
  });
  const own = user.id === self.id;
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 px-5 py-4 sm:px-7">
      <div className="min-w-0">
        <p className="break-words font-semibold">
          {user.name || user.email} {own && <span className="font-normal text-sm text-soft">(you)</span>}
          {user.disabled && <span className="font-normal text-bad text-sm"> Locked out</span>}
        </p>
        <p className="break-all text-sm text-soft">
          {user.name && user.name !== user.email && `${user.email} · `}
          {user.lastSignInAt ? (
            <>
              last here <Ago at={user.lastSignInAt} />
            </>
          ) : (
            "never signed in"
          )}
        </p>
        {change.error && <p className="text-bad text-sm">{sentence(change.error)}</p>}
      </div>
      <div className="flex flex-wrap items-center gap-2 sm:justify-end">
        {own ? (
          <p className="text-soft sm:px-3">{roles.find((role) => role.value === user.role)?.label}</p>
        ) : (
          <>
            <Choice
              label={`Role of ${user.email}`}
              hideLabel
              value={user.role}
              onChange={(role) => change.mutate({ role })}
              options={roles}
            />
            <Button small look="quiet" onClick={() => change.mutate({ disabled: !user.disabled })}>
              {user.disabled ? "Let in" : "Lock out"}
            </Button>
            <Button small look="danger" onClick={() => onRemove(user)} aria-label={`Remove ${user.email}`}>
              Remove
            </Button>
          </>
        )}
      </div>
    </li>
  );
}

function AddForm({ onDone }: { onDone: () => void }) {
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("merchant");
  const add = useMutation({
    mutationFn: () =>
      unwrap(api.POST("/api/v1/users", { body: { email, name: name.trim(), password, role } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: usersQuery.queryKey });
      onDone();
    },
  });
  const refused = refusedFields(add.error);
  return (
    <Form onSend={add.mutate}>
      <Field
        label="Email"
        type="email"
        required
        autoComplete="off"
        value={email}
        onText={setEmail}
        error={refused.email}
      />
      <Field
        label="Name"
        autoComplete="off"
        maxLength={80}
        value={name}
        onText={setName}
        error={refused.name}
      />
      <NewPasswordField
        label="Initial password"
        value={password}
        onText={setPassword}
        error={refused.password}
        hint="At least 10 characters. The user can change it in their account."
      />
      <Choice label="Role" value={role} onChange={setRole} options={roles} />
      <FormError error={add.error} fields={["email", "name", "password"]} />
      <div className="mt-7 flex flex-wrap justify-end gap-3">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="primary" busy={add.isPending}>
          Add
        </Button>
      </div>
    </Form>
  );
}

function Remove({ user, onDone }: { user: User; onDone: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/users/{id}", { params: { path: { id: user.id } } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: usersQuery.queryKey });
      onDone();
    },
  });
  return (
    <>
      <p className="mb-5 text-soft">The user is signed out everywhere, and their tokens stop working.</p>
      {remove.error && (
        <div className="mb-5">
          <Notice look="bad">
            <p>{sentence(remove.error)}</p>
          </Notice>
        </div>
      )}
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onDone}>Keep</Button>
        <Button look="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
          Remove
        </Button>
      </div>
    </>
  );
}
