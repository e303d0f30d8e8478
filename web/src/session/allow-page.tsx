import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { api, unwrap } from "../api/client.ts";
import { sentence } from "../api/problem.ts";
import { useTitle } from "../lib/title.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { type Asked, readAsked, spokenCode } from "./asked.ts";
import { sessionQuery } from "./session.ts";

const route = getRouteApi("/login/cli");

/** Asks whether a command line, which led here, may act for the person. */
export function AllowPage() {
  useTitle("Authorize the command line");
  const asked = readAsked(route.useSearch());
  return (
    <main className="mx-auto grid min-h-dvh max-w-xl content-center gap-8 px-5 py-12 sm:px-8">
      <p className="font-serif text-[1.45rem] tracking-tight">ShopFlow</p>
      <div className="rounded-lg border border-rule bg-sheet p-6 sm:p-8">
        {asked ? <Question asked={asked} /> : <Incomplete />}
      </div>
    </main>
  );
}

/** The question itself. The answer goes back to the command line, on the person's own machine. */
export function Question({ asked }: { asked: Asked }) {
  const session = useQuery(sessionQuery).data;
  const [answered, setAnswered] = useState<"allowed" | "refused">();
  const answer = useMutation({
    mutationFn: (allow: boolean) => unwrap(api.POST("/api/v1/logins", { body: { ...asked, allow } })),
    onSuccess: ({ redirect }, allow) => {
      setAnswered(allow ? "allowed" : "refused");
      globalThis.location.assign(redirect);
    },
  });
  if (answered)
    return (
      <>
        <h1 className="mb-4 text-2xl">{answered === "allowed" ? "Allowed" : "Refused"}</h1>
        <p className="text-soft">
          Go back to the terminal. If nothing happens there, it has stopped waiting: run{" "}
          <code className="font-mono text-sm">shopflow login</code> again.
        </p>
      </>
    );
  return (
    <>
      <h1 className="mb-4 wrap-anywhere text-2xl">Allow {asked.device} to act for you?</h1>
      <p className="text-soft">
        The command line on this machine asks to sign in as{" "}
        <strong className="wrap-anywhere font-semibold text-ink">{session?.user.email}</strong>. It shows this
        code:
      </p>
      <p className="my-6 rounded-md bg-sunken py-4 text-center font-mono text-2xl tracking-widest">
        {spokenCode(asked)}
      </p>
      <p className="mb-6 text-soft">
        Allow it only if you have just run <code className="font-mono text-sm">shopflow login</code> and see
        the same code there. It can then do what you can do, for 90 days. You can revoke it under API tokens.
      </p>
      {answer.error && (
        <div className="mb-5">
          <Notice look="bad">
            <p>{sentence(answer.error)}</p>
          </Notice>
        </div>
      )}
      <div className="flex flex-wrap justify-end gap-3">
        <Button busy={answer.isPending} onClick={() => answer.mutate(false)}>
          Refuse
        </Button>
        <Button look="primary" busy={answer.isPending} onClick={() => answer.mutate(true)}>
          Allow
        </Button>
      </div>
    </>
  );
}

function Incomplete() {
  return (
    <>
      <h1 className="mb-4 text-2xl">This address is incomplete</h1>
      <p className="mb-6 text-soft">
        Run <code className="font-mono text-sm">shopflow login</code> again, and open the complete address
        that it shows.
      </p>
      <ButtonLink to="/">Go to your stores</ButtonLink>
    </>
  );
}
