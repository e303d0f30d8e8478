import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client.ts";
import { sentence } from "../api/problem.ts";
import type { Token } from "../api/types.ts";
import { useTitle } from "../lib/title.ts";
import { Button } from "../ui/button.tsx";
import { Copy } from "../ui/copy.tsx";
import { Confirm, Modal } from "../ui/dialog.tsx";
import { PlusIcon } from "../ui/icons.tsx";
import { Failed, Notice } from "../ui/notice.tsx";
import { Empty, PageHead, Skeleton } from "../ui/panel.tsx";
import { Ago } from "../ui/time.tsx";
import { TokenForm } from "./token-form.tsx";

const key = ["tokens"] as const;

/** Tokens for the command line and for automation. */
export function TokensPage() {
  useTitle("API tokens");
  const client = useQueryClient();
  const [creating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [revoking, setRevoking] = useState<Token>();
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/tokens", { signal })),
  });
  const made = (shown: string) => {
    setCreating(false);
    setSecret(shown);
    void client.invalidateQueries({ queryKey: key });
  };
  const create = (
    <Button look="primary" onClick={() => setCreating(true)}>
      <PlusIcon /> New token
    </Button>
  );
  return (
    <div className="max-w-4xl">
      <PageHead title="API tokens" actions={create}>
        <p>
          For the command line and for automation. A token can do only what its scopes allow, and never more
          than you.
        </p>
      </PageHead>
      {secret && <Secret secret={secret} onDone={() => setSecret(undefined)} />}
      {error && !data ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <TokenList tokens={data?.items} onRevoke={setRevoking} />
      )}
      <Modal open={creating} onClose={() => setCreating(false)} title="New token">
        <TokenForm onMade={made} onCancel={() => setCreating(false)} />
      </Modal>
      <Confirm
        open={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        title={`Revoke ${revoking?.name ?? ""}?`}
      >
        {revoking && <Revoke token={revoking} onDone={() => setRevoking(undefined)} />}
      </Confirm>
    </div>
  );
}

/** The one time that a token is shown. */
function Secret({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <div className="mb-8">
      <Notice look="good" title="Copy the token now. It is not shown again.">
        <div className="mt-2 flex items-center gap-2 rounded-md border border-rule bg-sheet px-3 py-1">
          <code className="min-w-0 flex-1 break-all font-mono">{secret}</code>
          <Copy text={secret} what="the token" />
        </div>
        <div className="mt-3">
          <Button small onClick={onDone}>
            I have it
          </Button>
        </div>
      </Notice>
    </div>
  );
}

function TokenList({
  tokens,
  onRevoke,
}: {
  tokens: readonly Token[] | undefined;
  onRevoke: (token: Token) => void;
}) {
  if (tokens?.length === 0)
    return (
      <Empty title="No tokens yet">
        <p>
          <code className="font-mono text-sm">shopflow login</code> makes one for the command line.
        </p>
      </Empty>
    );
  return (
    <ul aria-label="Tokens" className="divide-y divide-rule rounded-lg border border-rule bg-sheet">
      {tokens
        ? tokens.map((token) => <TokenRow key={token.id} token={token} onRevoke={onRevoke} />)
        : ["a", "b", "c"].map((row) => (
            <li key={row} className="px-5 py-6 sm:px-7">
              <Skeleton width="50%" />
            </li>
          ))}
    </ul>
  );
}

function TokenRow({ token, onRevoke }: { token: Token; onRevoke: (token: Token) => void }) {
  const over = token.expiresAt !== undefined && Date.parse(token.expiresAt) < Date.now();
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-5 py-4 sm:px-7">
      <div className="min-w-0">
        <p className="break-words font-semibold">{token.name}</p>
        <p className="text-sm text-soft">
          {token.scopes.join(", ")} · created <Ago at={token.createdAt} /> ·{" "}
          {token.lastUsedAt ? (
            <>
              used <Ago at={token.lastUsedAt} />
            </>
          ) : (
            "never used"
          )}{" "}
          ·{" "}
          {token.expiresAt ? (
            <span className={over ? "font-semibold text-bad" : undefined}>
              {over ? "expired" : "expires"} <Ago at={token.expiresAt} />
            </span>
          ) : (
            "never expires"
          )}
        </p>
      </div>
      <Button small look="danger" onClick={() => onRevoke(token)} aria-label={`Revoke ${token.name}`}>
        Revoke
      </Button>
    </li>
  );
}

function Revoke({ token, onDone }: { token: Token; onDone: () => void }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/tokens/{id}", { params: { path: { id: token.id } } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: key });
      onDone();
    },
  });
  return (
    <>
      <p className="mb-5 text-soft">Anything that uses it loses access immediately.</p>
      {revoke.error && (
        <div className="mb-5">
          <Notice look="bad">
            <p>{sentence(revoke.error)}</p>
          </Notice>
        </div>
      )}
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onDone}>Cancel</Button>
        <Button look="danger" busy={revoke.isPending} onClick={() => revoke.mutate()}>
          Revoke
        </Button>
      </div>
    </>
  );
}
