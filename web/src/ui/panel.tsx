import { type ReactNode, useId } from "react";

/** A section of a page with its own heading. */
export function Panel({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0 rounded-lg border border-rule bg-sheet">
      <div className="flex min-h-14 flex-wrap items-center justify-between gap-x-4 gap-y-1 px-5 pt-4 pb-2 sm:px-7">
        <h2 id={id} className="font-semibold text-lg">
          {title}
        </h2>
        {aside}
      </div>
      <div className="px-5 pb-6 sm:px-7">{children}</div>
    </section>
  );
}

/** The header of a page: its title and its actions. */
export function PageHead({
  title,
  children,
  actions,
}: {
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="mb-8 flex flex-wrap items-end justify-between gap-x-8 gap-y-5 sm:mb-10">
      <div className="min-w-0 max-w-3xl">
        <h1 className="text-3xl">{title}</h1>
        {children && <div className="mt-3 text-soft">{children}</div>}
      </div>
      {actions && <div className="flex flex-wrap gap-3">{actions}</div>}
    </div>
  );
}

/** An empty state: what would be here, and how to get it. */
export function Empty({
  title,
  children,
  action,
  page = false,
}: {
  title: string;
  children: ReactNode;
  action?: ReactNode;
  /** It is all that the page shows, so its title is the page's. */
  page?: boolean;
}) {
  const Heading = page ? "h1" : "h2";
  return (
    <div className="mx-auto max-w-xl py-14 text-center sm:py-20">
      <Heading className="font-serif text-xl">{title}</Heading>
      <div className="mt-3 text-soft">{children}</div>
      {action && <div className="mt-7 flex justify-center gap-3">{action}</div>}
    </div>
  );
}

/** A placeholder while something loads. It has the size of the content, so that nothing moves. */
export function Skeleton({ height = "1.2em", width = "100%" }: { height?: string; width?: string }) {
  return (
    <span
      aria-hidden="true"
      className="block animate-breathe rounded-sm bg-sunken"
      style={{ height, width }}
    />
  );
}
