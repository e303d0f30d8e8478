import { getRouteApi } from "@tanstack/react-router";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { sentence } from "../api/problem.ts";
import { useStore } from "../feed/stores-query.ts";
import { useEngine } from "../platform/catalog.ts";
import { Button } from "../ui/button.tsx";
import { Choice } from "../ui/field.tsx";
import { Notice } from "../ui/notice.tsx";
import { SearchField } from "../ui/search-field.tsx";
import { readLine } from "./log-line.ts";
import { type LogLine, useLogs } from "./log-stream.ts";

const route = getRouteApi("/app/stores/$name");

/** What the parts of the store write, as they write it. */
export function Logs() {
  const { name } = route.useParams();
  const { store } = useStore(name);
  const components = useEngine(store?.engine)?.components ?? [];
  const [chosen, setChosen] = useState("");
  const [follow, setFollow] = useState(true);
  const [search, setSearch] = useState("");
  const { lines, state, error } = useLogs(name, chosen, follow);
  const wanted = search.toLowerCase();
  // Health probes are hidden, but a search finds them.
  const shown = useMemo(
    () =>
      lines.filter((line) =>
        wanted ? line.text.toLowerCase().includes(wanted) : !readLine(line.text).probe,
      ),
    [lines, wanted],
  );
  return (
    <section aria-label="Logs">
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <Choice
          label="Component"
          hideLabel
          value={chosen}
          onChange={setChosen}
          options={[
            { value: "", label: "All components" },
            ...components.map((component) => ({ value: component.name, label: component.title })),
          ]}
        />
        <SearchField label="Filter lines" placeholder="Filter lines…" value={search} onText={setSearch} />
        <Button onClick={() => setFollow(!follow)} aria-pressed={follow}>
          {follow ? "Following" : "Follow"}
        </Button>
      </div>
      {error !== undefined && (
        <div className="mb-4">
          <Notice look={follow && state !== "ended" ? "warn" : "bad"}>
            <p>
              {sentence(error)}
              {follow && state !== "ended" && " Trying again."}
            </p>
          </Notice>
        </div>
      )}
      <LogView
        lines={shown}
        empty={
          wanted && lines.length > 0 ? "No lines match." : state === "opening" ? "" : "No log lines yet."
        }
      />
    </section>
  );
}

const tones = { plain: "", warn: "text-warn", bad: "text-bad" };

const Line = memo(function Line({ text }: { text: string }) {
  const line = readLine(text);
  return (
    <p className="min-h-5 whitespace-pre-wrap break-all" title={line.text === text ? undefined : text}>
      {line.at && <span className="text-soft">{line.at.toLocaleTimeString("en-GB")} </span>}
      {line.part && <span className="text-soft">{line.part} </span>}
      <span className={tones[line.tone]}>{line.text}</span>
    </p>
  );
});

/** The lines. Follows the newest line while scrolled to the end, and keeps the scroll position otherwise. */
function LogView({ lines, empty }: { lines: readonly LogLine[]; empty: string }) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const newest = lines.at(-1)?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is what the effect waits for
  useEffect(() => {
    const element = box.current;
    if (element && atEnd.current) element.scrollTop = element.scrollHeight;
  }, [newest]);
  const look = () => {
    const element = box.current;
    if (element) atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
  };
  return (
    <div
      ref={box}
      onScroll={look}
      role="log"
      aria-live="off"
      aria-label="Lines"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
      tabIndex={0}
      className="h-[min(38rem,65dvh)] overflow-auto rounded-lg border border-rule bg-sheet p-4 font-mono text-xs leading-5"
    >
      {lines.map((line) => (
        <Line key={line.id} text={line.text} />
      ))}
      {lines.length === 0 && <p className="font-sans text-sm text-soft">{empty}</p>}
    </div>
  );
}
