import { useEffect, useState } from "react";
import { CheckIcon, CopyIcon } from "./icons.tsx";

/** Copies a text to the clipboard and confirms it. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [state, setState] = useState<"" | "done" | "failed">("");
  useEffect(() => {
    if (state === "") return;
    const timer = setTimeout(() => setState(""), 2000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () => {
    // The clipboard exists only where the page came over TLS or from this machine.
    const written = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
    written.then(
      () => setState("done"),
      () => setState("failed"),
    );
  };
  return (
    <>
      <button
        type="button"
        onClick={copy}
        aria-label={`Copy ${what}`}
        title={
          state === "failed"
            ? "The browser does not allow copying. Select the text and copy it."
            : `Copy ${what}`
        }
        className="inline-flex size-9 shrink-0 items-center justify-center rounded-md text-soft transition-colors duration-150 hover:bg-sunken hover:text-ink"
      >
        {state === "done" ? <CheckIcon /> : <CopyIcon />}
      </button>
      <span role="status" className="sr-only">
        {state === "done" ? `Copied ${what}` : state === "failed" ? "The browser does not allow copying" : ""}
      </span>
    </>
  );
}
