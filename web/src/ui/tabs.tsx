import { Link, type LinkProps } from "@tanstack/react-router";

type Tab = { label: string; link: LinkProps; exact?: boolean };

/** Tabs. They are links: each has an address, and the browser's own link gestures work. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  return (
    <nav aria-label={label} className="-mx-4 mb-8 overflow-x-auto border-rule border-b px-4 sm:mx-0 sm:px-0">
      <ul className="flex gap-5 sm:gap-7">
        {tabs.map(({ label, link, exact }) => (
          <li key={label}>
            <Link
              {...link}
              activeOptions={{ exact: exact ?? false, includeSearch: false }}
              className="-mb-px inline-flex min-h-12 items-center border-transparent border-b-2 whitespace-nowrap text-soft transition-colors duration-150 hover:text-ink focus-visible:-outline-offset-2 data-[status=active]:border-accent data-[status=active]:text-ink"
            >
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
