import type { Store } from "../api/types.ts";
import { useSeconds } from "../lib/clock.ts";
import { formatSeconds } from "../lib/format.ts";
import { classes } from "../ui/classes.ts";
import { CheckIcon, CrossIcon } from "../ui/icons.tsx";
import { Panel } from "../ui/panel.tsx";
import { progressOf, type Step, stepsOf, timeToReady } from "./steps.ts";

/** The steps from creation to the first sale, live. The bars share one scale, so that long steps look long. */
export function Timeline({ store }: { store: Store }) {
  const total = timeToReady(store);
  return (
    <Panel
      title="Provisioning steps"
      aside={
        total !== undefined ? (
          <p className="figures text-soft text-sm">First sale after {formatSeconds(total)}</p>
        ) : (
          store.state === "Provisioning" && <Elapsed since={store.createdAt} />
        )
      }
    >
      {store.state === "Provisioning" ? <RunningSteps store={store} /> : <Steps store={store} now={0} />}
      <p className="sr-only" role="status">
        {store.state === "Provisioning" ? progressOf(store) : `The store is ${store.state}`}
      </p>
    </Panel>
  );
}

function Elapsed({ since }: { since: string }) {
  const seconds = Math.max(0, (useSeconds() - Date.parse(since)) / 1000);
  return (
    <p className="figures text-soft text-sm">{formatSeconds(Math.floor(seconds)).replace(".0", "")} so far</p>
  );
}

function RunningSteps({ store }: { store: Store }) {
  return <Steps store={store} now={useSeconds()} />;
}

function Steps({ store, now }: { store: Store; now: number }) {
  const steps = stepsOf(store, now);
  const scale = Math.max(1, ...steps.map((step) => step.offset + step.seconds));
  return (
    <ol className="divide-y divide-rule">
      {steps.map((step) => (
        <StepRow key={step.phase} step={step} scale={scale} />
      ))}
    </ol>
  );
}

const words = { done: "Done", running: "Running", failed: "Failed", waiting: "Waiting" } as const;

function StepRow({ step, scale }: { step: Step; scale: number }) {
  const begun = step.state !== "waiting";
  return (
    <li className="grid grid-cols-[1.5rem_minmax(0,1fr)_auto] items-start gap-x-3 py-3 sm:grid-cols-[1.5rem_minmax(0,1fr)_9rem_4.500rem]">
      <Mark state={step.state} />
      <div className="min-w-0">
        <p className={classes("font-semibold", !begun && "text-soft")}>
          {step.title} <span className="sr-only">: {words[step.state]}</span>
        </p>
        <p
          className={classes(
            "min-h-6 break-words text-sm",
            step.state === "failed" ? "text-bad" : "text-soft",
          )}
        >
          {step.note ?? step.about}
        </p>
      </div>
      <div aria-hidden="true" className="mt-2.5 hidden h-1.5 overflow-hidden rounded-full bg-sunken sm:block">
        {begun && (
          <div
            className={classes(
              "h-full min-w-1.5 rounded-full",
              step.state === "done" ? "bg-good" : step.state === "failed" ? "bg-bad" : "bg-warn",
            )}
            style={{
              marginInlineStart: `${(step.offset / scale) * 100}%`,
              width: `${(step.seconds / scale) * 100}%`,
            }}
          />
        )}
      </div>
      <p className="figures text-right text-sm text-soft">{begun ? formatSeconds(step.seconds) : ""}</p>
    </li>
  );
}

function Mark({ state }: { state: Step["state"] }) {
  const look = "mt-0.5 flex size-6 items-center justify-center rounded-full";
  if (state === "done")
    return (
      <span className={classes(look, "bg-good-wash text-good")}>
        <CheckIcon size="1rem" />
      </span>
    );
  if (state === "failed")
    return (
      <span className={classes(look, "bg-bad-wash text-bad")}>
        <CrossIcon size="1rem" />
      </span>
    );
  return (
    <span className={classes(look, state === "running" ? "bg-warn-wash text-warn" : "")}>
      <span
        className={classes(
          "size-2 rounded-full",
          state === "running" ? "animate-pulse-dot bg-current" : "border border-edge",
        )}
      />
    </span>
  );
}
