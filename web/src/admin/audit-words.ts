/** What an action of the audit log is in words, before its target. Actions are those of internal/server/routes.go. */
const words: Readonly<Record<string, string>> = {
  "store.create": "created the store",
  "store.update": "changed the store",
  "store.delete": "deleted the store",
  "store.retry": "had ShopFlow retry the store",
  "store.reset": "let the store start empty:",
  "store.credentials": "looked up how to sign in to the store",
  "session.create": "signed in",
  "session.delete": "signed out",
  "login.allow": "let a command line sign in:",
  "login.refuse": "refused a command line:",
  "token.create": "created an API token:",
  "token.revoke": "revoked the API token",
  "account.password": "changed their own password",
  "account.rename": "changed their own name",
  "user.create": "created the user",
  "user.delete": "deleted the user",
  "user.rename": "renamed the user",
  "user.password": "reset the password of the user",
  "user.disable": "suspended the user",
  "user.enable": "let the user in again:",
  "user.role.merchant": "made the user a merchant:",
  "user.role.admin": "made the user an administrator:",
};

/** An action in words; one that this page does not know stays as it is. */
export function actionWords(action: string): string {
  return words[action] ?? action;
}

/** What actions are about, to choose from. */
export const kinds = [
  { value: "", label: "All actions" },
  { value: "store", label: "Stores" },
  { value: "session", label: "Sign-ins" },
  { value: "login", label: "Command lines" },
  { value: "token", label: "API tokens" },
  { value: "user", label: "Users" },
  { value: "account", label: "Own accounts" },
] as const;
