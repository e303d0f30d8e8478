import { Link, type LinkProps } from "@tanstack/react-router";
import type { ComponentProps, ReactNode } from "react";
import { classes } from "./classes.ts";

type Look = "primary" | "plain" | "danger" | "quiet";

const looks: Record<Look, string> = {
  primary:
    "border-accent bg-accent text-on-accent hover:border-accent-deep hover:bg-accent-deep disabled:border-rule disabled:bg-sunken disabled:text-soft",
  plain: "border-edge bg-sheet hover:border-ink disabled:border-rule disabled:text-soft",
  danger:
    "border-bad bg-sheet text-bad hover:bg-bad hover:text-sheet disabled:border-rule disabled:text-soft disabled:bg-sunken",
  quiet: "border-transparent text-soft hover:bg-sunken hover:text-ink",
};

function shape(look: Look, small: boolean | undefined, wide: boolean | undefined): string {
  return classes(
    "inline-flex items-center justify-center gap-2 rounded-md border font-semibold whitespace-nowrap transition-colors duration-150 disabled:cursor-not-allowed aria-disabled:cursor-progress aria-disabled:opacity-70",
    small ? "min-h-9 px-3 text-sm" : "min-h-11 px-5 text-base",
    wide && "w-full",
    looks[look],
  );
}

type Common = { look?: Look; small?: boolean; wide?: boolean; children: ReactNode };

type ButtonProps = Common & { busy?: boolean } & Omit<ComponentProps<"button">, "className" | "children">;

/** Something happens here. While `busy` it keeps its width and the focus, and takes no second click; nor does it take that of a double
    click, which comes before the first one has made it busy. */
export function Button({
  look = "plain",
  small,
  wide,
  busy,
  onClick,
  type = "button",
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy || (busy !== undefined && event.detail > 1)) event.preventDefault();
        else onClick?.(event);
      }}
      className={shape(look, small, wide)}
    />
  );
}

/** Leads to another page of the dashboard, and looks like a button. */
export function ButtonLink({ look = "plain", small, wide, ...rest }: Common & LinkProps) {
  return <Link {...rest} className={shape(look, small, wide)} />;
}

/** Opens an external page in a new tab. */
export function ButtonOut({ href, look = "plain", small, wide, children }: Common & { href: string }) {
  return (
    <a href={href} target="_blank" rel="noreferrer" className={shape(look, small, wide)}>
      {children}
    </a>
  );
}
