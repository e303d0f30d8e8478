import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { sentence } from "../api/problem.ts";
import { isMissingPart } from "../lib/update.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Empty, Skeleton } from "../ui/panel.tsx";

/** A page that is on its way. */
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
    <Empty title="There is nothing here" action={<ButtonLink to="/">Go to your stores</ButtonLink>}>
      <p>The address may be wrong, or what was here is gone.</p>
    </Empty>
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
            Load the new version
          </Button>
        }
      >
        <p>This page is from before the update and misses a part.</p>
      </Empty>
    );
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Empty title="This page could not be shown" action={<Button onClick={again}>Try again</Button>}>
      <p>{sentence(error)}</p>
    </Empty>
  );
}
