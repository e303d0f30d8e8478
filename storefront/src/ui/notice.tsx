import { Component, type ReactNode } from "react";
import { describeFailure } from "../lib/failure";
import { Link } from "../lib/router";

/** A page, or most of one, that has nothing to show: says why and what to do. */
export function Notice({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <section className="notice">
      <h1>{title}</h1>
      {children}
      {action && <p className="notice-action">{action}</p>}
    </section>
  );
}

/** Something could not be loaded; the shopper may try again. */
export function LoadError({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <div role="alert">
      <Notice
        title="That did not load"
        action={
          <button type="button" className="button" onClick={retry}>
            Try again
          </button>
        }
      >
        <p>{describeFailure(error).message}</p>
      </Notice>
    </div>
  );
}

export function NotFound({ what = "page" }: { what?: string }) {
  return (
    <Notice
      title={`We could not find that ${what}`}
      action={
        <Link to="/" className="button">
          Back to the shop
        </Link>
      }
    >
      <p>It may have moved, or the address may have a slip in it.</p>
    </Notice>
  );
}

/** Shows a way out when a page breaks, for example when its script could not be fetched. */
export class Guard extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <div role="alert">
        <Notice
          title="This page broke"
          action={
            <button type="button" className="button" onClick={() => location.reload()}>
              Load it again
            </button>
          }
        >
          <p>Your cart is safe. Please check your connection and load the page again.</p>
        </Notice>
      </div>
    );
  }
}
