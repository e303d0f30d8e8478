import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { sentence } from "../api/problem.ts";
import { isMissingPart } from "../lib/update.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Empty, Skeleton } from "../ui/panel.tsx";

/** Placeholder of a page that loads. */
export function Waiting() {
  return (
    <div className="grid gap-4" role="status" aria-label="Loading">
      <Skeleton height="3rem" width="40%" />
      <Skeleton height="1.5rem" width="60%" />
      <Skeleton height="14rem" />
    </div>
  );
}

/** There is no such page. */
export function Lost() {
  return (
    <main className="px-4">
      <Empty page title="Page not found" action={<ButtonLink to="/">Go to your stores</ButtonLink>}>
        <p>The address may be wrong, or the page was removed.</p>
      </Empty>
    </main>
  );
}

/** A page that could not be shown. */
export function Crashed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  if (isMissingPart(error))
    return (
      <Empty
        title="ShopFlow has been updated"
        action={
          <Button look="primary" onClick={() => location.reload()}>
            Reload
          </Button>
        }
      >
        <p>This page was loaded before the update.</p>
      </Empty>
    );
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Empty title="This page could not be displayed" action={<Button onClick={again}>Try again</Button>}>
      <p>{sentence(error)}</p>
    </Empty>
  );
}
