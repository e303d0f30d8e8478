import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, unwrap } from "../api/client.ts";
import { sentence } from "../api/problem.ts";
import type { Store } from "../api/types.ts";
import { putStore } from "../feed/cache.ts";
import { Button } from "../ui/button.tsx";
import { RetryIcon } from "../ui/icons.tsx";
import { stepsOf } from "./steps.ts";

/** Why a store has failed or is in trouble: one sentence, the chain that leads there, and what to do about it. */
export function FailurePanel({ store }: { store: Store }) {
  const client = useQueryClient();
  const retry = useMutation({
    mutationFn: () =>
      unwrap(api.POST("/api/v1/stores/{name}/retry", { params: { path: { name: store.name } } })),
    onSuccess: (answer) => putStore(client, answer),
  });
  const { cause } = store;
  const failed = stepsOf(store, 0).find((step) => step.state === "failed");
  const chain = cause?.chain ?? [];
  return (
    <section
      aria-labelledby="why"
      className="rounded-lg border border-rule border-l-4 border-l-bad bg-sheet px-5 pt-6 pb-4 sm:px-7"
    >
      <h2 id="why" className="font-serif text-xl">
        {failed
          ? `It failed at “${failed.title}”`
          : store.state === "Failed"
            ? "It failed"
            : "Something is wrong; ShopFlow keeps retrying"}
      </h2>
      <p className="mt-3 break-words font-semibold text-lg">
        {cause?.message ?? "The platform gave no reason."}
      </p>
      {chain.length > 0 && (
        <ol aria-label="From the store to the cause" className="mt-5 grid gap-3 border-bad/40 border-l pl-5">
          {chain.map((link) => (
            <li key={`${link.kind}/${link.name}`} className="relative min-w-0">
              <span
                aria-hidden="true"
                className="absolute top-2 -left-[1.46rem] size-2 rounded-full bg-bad"
              />
              <p className="text-sm">
                <span className="text-soft">{link.kind}</span>{" "}
                <span className="break-all font-mono">{link.name}</span>
              </p>
              {link.message && <p className="break-words text-sm">{link.message}</p>}
            </li>
          ))}
        </ol>
      )}
      {cause?.fix && (
        <>
          <h3 className="mt-6 font-semibold">What to do</h3>
          <p className="break-words">{cause.fix}.</p>
        </>
      )}
      <div className="mt-6 flex flex-wrap items-center gap-x-5 gap-y-3">
        <Button look="primary" busy={retry.isPending} onClick={() => retry.mutate()}>
          <RetryIcon /> Try again
        </Button>
        <Link to="/stores/$name/logs" params={{ name: store.name }} className="link">
          View logs
        </Link>
        <Link to="/stores/$name/events" params={{ name: store.name }} className="link">
          View events
        </Link>
      </div>
      <p role="status" className="mt-2 min-h-6 text-sm">
        {retry.error ? sentence(retry.error) : retry.isSuccess ? "ShopFlow is retrying now." : ""}
      </p>
    </section>
  );
}
