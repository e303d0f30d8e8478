import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "../api/client.ts";
import type { components } from "../api/schema.gen.ts";
import type { Store } from "../api/types.ts";
import { putStore } from "../feed/cache.ts";
import { Notice } from "../ui/notice.tsx";

/** Changes a store; done is called when the platform has taken the change. */
export function useChange(store: Store, done: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["UpdateStore"]) =>
      unwrap(api.PATCH("/api/v1/stores/{name}", { params: { path: { name: store.name } }, body })),
    onSuccess: (answer) => {
      putStore(client, answer);
      done();
    },
  });
}

const notices = [
  { reason: "ChangeRefused", look: "warn", title: "The last change was not made" },
  { reason: "Changing", look: "calm", title: "The store is being changed" },
  { reason: "Refreshing", look: "calm", title: "The store is being refreshed" },
  { reason: "RefreshFailed", look: "warn", title: "The last refresh was taken back" },
  { reason: "CheckFailed", look: "bad", title: "The shop did not sell after its last change" },
  { reason: "CannotCheck", look: "calm", title: "Whether the shop still sells could not be checked" },
] as const;

/** What came of the last change of a store, where there is something to say. */
export function ChangeNotices({ store }: { store: Store }) {
  const shown = notices.flatMap((notice) => {
    const found = store.conditions.find(({ reason }) => reason === notice.reason);
    return found ? [{ ...notice, message: found.message }] : [];
  });
  return shown.map(({ reason, look, title, message }) => (
    <Notice key={reason} look={look} title={title}>
      {message}
    </Notice>
  ));
}
