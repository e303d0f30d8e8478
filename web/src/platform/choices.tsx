import type { ReactNode } from "react";
import type { Engine, Plan } from "../api/types.ts";
import { capital, formatBytes, formatCpu } from "../lib/format.ts";
import { classes } from "../ui/classes.ts";
import { Skeleton } from "../ui/panel.tsx";

type CardProps = {
  name: string;
  value: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (value: string) => void;
  children: ReactNode;
};

/** One of a few large choices: a radio button with room to say what it means. */
function Card({ name, value, checked, disabled, onChange, children }: CardProps) {
  return (
    <label
      className={classes(
        "relative block min-w-0 rounded-lg border p-5 [overflow-wrap:anywhere] transition-colors duration-150 has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2",
        disabled
          ? "cursor-not-allowed border-rule border-dashed text-soft"
          : checked
            ? "border-accent bg-accent-wash ring-1 ring-accent"
            : "border-edge bg-sheet hover:border-ink",
      )}
    >
      <input
        type="radio"
        name={name}
        value={value}
        checked={checked}
        disabled={disabled}
        onChange={() => onChange(value)}
        className="peer sr-only"
      />
      {children}
    </label>
  );
}

function Cards({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-3 font-semibold text-sm">{legend}</legend>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 sm:grid-cols-2 lg:grid-cols-[repeat(auto-fit,minmax(13rem,1fr))]">
        {children}
      </div>
    </fieldset>
  );
}

type EngineProps = {
  engines: readonly Engine[] | undefined;
  value: string | undefined;
  onChange: (engine: string) => void;
};

export function EngineChoice({ engines, value, onChange }: EngineProps) {
  return (
    <Cards legend="Engine">
      {engines === undefined && [1, 2].map((key) => <Skeleton key={key} height="8.5rem" />)}
      {engines?.map((engine) => (
        <Card
          key={engine.name}
          name="engine"
          value={engine.name}
          checked={value === engine.name}
          disabled={!engine.available}
          onChange={onChange}
        >
          <span className="flex items-baseline justify-between gap-3">
            <span className="font-serif text-xl">{engine.title}</span>
            <span className="figures text-soft text-sm">{engine.version}</span>
          </span>
          <span className="mt-2 block text-soft text-sm">{engine.description}</span>
          {!engine.available && (
            <span className="mt-2 block font-medium text-sm text-warn">
              {engine.reason || "Not available on this platform"}
            </span>
          )}
        </Card>
      ))}
    </Cards>
  );
}

type PlanProps = {
  plans: readonly Plan[] | undefined;
  engine: string | undefined;
  value: string;
  onChange: (plan: string) => void;
};

export function PlanChoice({ plans, engine, value, onChange }: PlanProps) {
  return (
    <Cards legend="Plan">
      {plans === undefined && [1, 2, 3].map((key) => <Skeleton key={key} height="11rem" />)}
      {plans?.map((plan) => {
        const size = plan.sizes.find((candidate) => candidate.engine === engine);
        return (
          <Card
            key={plan.name}
            name="plan"
            value={plan.name}
            checked={value === plan.name}
            onChange={onChange}
          >
            <span className="font-serif text-xl">{capital(plan.name)}</span>
            <span className="mt-2 block text-sm text-soft sm:min-h-12">{plan.description}</span>
            {size && (
              <span className="figures mt-3 block border-rule border-t pt-3 text-sm text-soft">
                {formatBytes(size.storageBytes)} storage
                <br />
                up to {formatBytes(size.memoryBytes)} memory
                <br />
                up to {formatCpu(size.cpuMillicores)}
              </span>
            )}
          </Card>
        );
      })}
    </Cards>
  );
}
