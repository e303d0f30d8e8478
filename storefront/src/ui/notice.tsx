import { Component, type ReactNode } from "react";
import { describeFailure } from "../lib/failure";
import { Link } from "../lib/router";

/** Stands in for a page that has nothing to show: says why and what to do. */
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

/** Something could not be loaded; the shopper can try again. */
export function LoadError({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <div role="alert">
      <Notice
        title="This could not be loaded"
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
      <p>It may have moved, or the address may be mistyped.</p>
    </Notice>
  );
}

/** Offers a way out when a page fails, for example because its script could not be loaded. */
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
          title="Something went wrong"
          action={
            <button type="button" className="button" onClick={() => location.reload()}>
              Reload the page
            </button>
          }
        >
          <p>Your cart is safe. Please check your connection and reload the page.</p>
        </Notice>
      </div>
    );
  }
}
