import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { api, unwrap } from "../api/client.ts";
import { refusedFields } from "../api/problem.ts";
import type { Session } from "../api/types.ts";
import { useTitle } from "../lib/title.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Form, FormError, NewPasswordField } from "../ui/form.tsx";
import { Notice } from "../ui/notice.tsx";
import { switchSession } from "./session.ts";

const route = getRouteApi("/sign-in");

/** Sign-in by password, by an identity provider, or with a new account. */
export function SignInPage() {
  const [joining, setJoining] = useState(false);
  useTitle(joining ? "New account" : "Sign in");
  const { error, next } = route.useSearch();
  const providers = useQuery({
    queryKey: ["providers"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/auth/providers", { signal })),
    staleTime: 60_000,
  });
  const others = providers.data?.oidc ?? [];
  return (
    <main className="mx-auto grid min-h-dvh max-w-6xl items-center gap-12 px-5 py-12 sm:px-8 lg:grid-cols-[minmax(0,1fr)_26rem] lg:gap-24">
      <div>
        <p className="font-serif text-[1.45rem] tracking-tight">ShopFlow</p>
        <p className="mt-6 hidden max-w-lg font-serif text-3xl lg:block">
          Every store here has already sold something.
        </p>
        <p className="mt-6 hidden max-w-md text-soft lg:block">
          Your own shop in about half a minute, with its own address and a receipt that proves that it works.
        </p>
      </div>
      <div className="rounded-lg border border-rule bg-sheet p-6 sm:p-8">
        <h1 className="mb-6 text-2xl">{joining ? "Create an account" : "Sign in"}</h1>
        {error && (
          <div className="mb-5">
            <Notice look="bad">
              <p>{refusals[error] ?? refusals.sign_in_failed}</p>
            </Notice>
          </div>
        )}
        {joining ? <SignUpForm /> : providers.data?.local !== false && <SignInForm />}
        {others.length > 0 && (
          <div className="mt-6 grid gap-3 border-rule border-t pt-6">
            {others.map((provider) => (
              <a
                key={provider.id}
                href={`${provider.startUrl}${provider.startUrl.includes("?") ? "&" : "?"}next=${encodeURIComponent(next ?? "/")}`}
                className="inline-flex min-h-11 items-center justify-center rounded-md border border-edge px-5 font-semibold hover:border-ink"
              >
                Continue with {provider.name}
              </a>
            ))}
          </div>
        )}
        {providers.data?.signUp && (
          <p className="mt-6 text-soft text-sm">
            {joining ? "You have an account? " : "New here? "}
            <button
              type="button"
              className="link font-semibold text-ink"
              onClick={() => setJoining(!joining)}
            >
              {joining ? "Sign in" : "Create an account"}
            </button>
          </p>
        )}
      </div>
    </main>
  );
}

/** What an identity provider's refusal means. */
const refusals: Record<string, string> = {
  sign_in_failed: "Sign-in failed. Try again.",
  provider_unavailable:
    "The identity provider cannot be reached. Try again in a moment, or use your password.",
  email_missing: "The identity provider did not share your email address, and an account needs one.",
  user_conflict: "An account with this email address already exists. Sign in with its password.",
  sign_out_unheard:
    "ShopFlow could not be reached, so this browser is still signed in there. Sign in and out again when you are connected.",
  sign_up_closed: "No account has your email address. Ask an administrator to create one.",
  not_found: "This identity provider is no longer configured. Sign in another way.",
  too_many_attempts: "Too many attempts. Wait a moment, then try again.",
  internal: "Something went wrong. Try again in a moment.",
  account_disabled: "This account is disabled. Ask an administrator.",
};

/** Stores the new session and continues to the page that the person wanted. */
function useEnter() {
  const client = useQueryClient();
  const router = useRouter();
  const { next } = route.useSearch();
  return async (session: Session) => {
    switchSession(client, session);
    await router.navigate({ to: next ?? "/", replace: true });
  };
}

function SignInForm() {
  const enter = useEnter();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/session", { body: { email, password } })),
    onSuccess: enter,
  });
  const refused = refusedFields(signIn.error);
  return (
    <Form onSend={signIn.mutate}>
      <Field
        label="Email"
        type="email"
        name="email"
        autoComplete="username"
        required
        autoFocus
        value={email}
        onText={setEmail}
        error={refused.email}
      />
      <Field
        label="Password"
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onText={setPassword}
        error={refused.password}
      />
      <FormError error={signIn.error} fields={["email", "password"]} />
      <Button type="submit" look="primary" wide busy={signIn.isPending}>
        Sign in
      </Button>
    </Form>
  );
}

function SignUpForm() {
  const enter = useEnter();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signUp = useMutation({
    mutationFn: async () => {
      await unwrap(api.POST("/api/v1/users", { body: { email, name, password } }));
      // Signing up also signs in.
      return unwrap(api.GET("/api/v1/session"));
    },
    onSuccess: enter,
  });
  const refused = refusedFields(signUp.error);
  return (
    <Form onSend={signUp.mutate}>
      <Field
        label="Your name"
        name="name"
        autoComplete="name"
        value={name}
        onText={setName}
        error={refused.name}
      />
      <Field
        label="Email"
        type="email"
        name="email"
        autoComplete="username"
        required
        value={email}
        onText={setEmail}
        error={refused.email}
      />
      <NewPasswordField
        label="Password"
        name="password"
        value={password}
        onText={setPassword}
        error={refused.password}
      />
      <FormError error={signUp.error} fields={["name", "email", "password"]} />
      <Button type="submit" look="primary" wide busy={signUp.isPending}>
        Create account
      </Button>
    </Form>
  );
}
