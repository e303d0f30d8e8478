import type { Store } from "../api/types.ts";
import { count, formatMoment, formatSeconds } from "../lib/format.ts";
import { ButtonLink } from "../ui/button.tsx";
import { CheckIcon } from "../ui/icons.tsx";
import { Notice } from "../ui/notice.tsx";
import { ReceiptLine, ReceiptPaper } from "../ui/receipt.tsx";

const kinds = [
  ["namespaces", "Namespaces"],
  ["pods", "Pods"],
  ["services", "Services"],
  ["ingresses", "Public addresses"],
  ["secrets", "Passwords and keys"],
  ["persistentVolumeClaims", "Volume claims"],
  ["persistentVolumes", "Volumes"],
] as const;

/** A store that is being deleted: what is left of it, counted. */
export function DeletingNotice({ store }: { store: Store }) {
  const remaining = store.deletion?.remaining;
  const left = remaining ? kinds.reduce((sum, [kind]) => sum + remaining[kind], 0) : undefined;
  return (
    <div className="mb-8">
      <Notice look={store.deletion?.blocker ? "warn" : "calm"} title="This store is being deleted">
        {store.deletion?.blocker ? (
          <p>{store.deletion.blocker}. Deletion continues automatically when this is resolved.</p>
        ) : (
          <p>
            {left === undefined
              ? "Its resources are being removed."
              : `${count(left, "resource")} left to remove.`}
          </p>
        )}
      </Notice>
    </div>
  );
}

/** A store that is gone, with the proof that nothing is left of it. */
export function DeletedStore({ store }: { store: Store }) {
  const { deletion } = store;
  const name = store.displayName || store.name;
  const took = deletion?.verifiedAt
    ? (Date.parse(deletion.verifiedAt) - Date.parse(deletion.startedAt)) / 1000
    : undefined;
  return (
    <div className="mx-auto max-w-md py-4 sm:py-8">
      <h1 className="mb-2 break-words text-center text-2xl">
        <bdi>{name}</bdi> was deleted
      </h1>
      <p className="mb-8 text-center text-soft">
        Its name is available again{took === undefined ? "" : `, ${formatSeconds(took)} after you asked`}.
      </p>
      {deletion && (
        <ReceiptPaper
          title="Deletion receipt"
          note={
            deletion.verifiedAt ? (
              <>
                Counted <time dateTime={deletion.verifiedAt}>{formatMoment(deletion.verifiedAt)}</time>
              </>
            ) : (
              "Last count"
            )
          }
        >
          <dl>
            {kinds.map(([kind, label]) => (
              <ReceiptLine key={kind} what={label} amount={`${deletion.remaining[kind]} left`} />
            ))}
          </dl>
          {deletion.verifiedAt && (
            <p className="mt-5 flex items-center justify-center gap-1.5 font-semibold text-good text-sm">
              <CheckIcon /> Nothing is left
            </p>
          )}
        </ReceiptPaper>
      )}
      <div className="mt-10 flex justify-center">
        <ButtonLink to="/">Back to your stores</ButtonLink>
      </div>
    </div>
  );
}
