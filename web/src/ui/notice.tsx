import type { ReactNode } from "react";
import { sentence } from "../api/problem.ts";
import { Button } from "./button.tsx";
import { classes } from "./classes.ts";

const looks = {
  bad: "border-l-bad bg-bad-wash",
  warn: "border-l-warn bg-warn-wash",
  good: "border-l-good bg-good-wash",
  calm: "border-l-edge bg-sunken",
};

/** Something that the reader should know here and now. */
export function Notice({
  look = "calm",
  title,
  children,
}: {
  look?: keyof typeof looks;
  title?: string;
  children?: ReactNode;
}) {
  return (
    <div
      role={look === "bad" ? "alert" : "status"}
      className={classes("rounded-r-md border-l-3 px-4 py-3", looks[look])}
    >
      {title && <p className="font-semibold">{title}</p>}
      {children && <div className="text-sm">{children}</div>}
    </div>
  );
}

/** What went wrong, and a way to try again. */
export function Failed({ error, again }: { error: unknown; again?: () => void }) {
  return (
    <Notice look="bad" title="Loading failed">
      <p>{sentence(error)}</p>
      {again && (
        <p className="mt-2">
          <Button small onClick={again}>
            Try again
          </Button>
        </p>
      )}
    </Notice>
  );
}
