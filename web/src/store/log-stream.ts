import { useEffect, useRef, useState } from "react";
import { Problem, readProblem, unreachable } from "../api/problem.ts";
import { backoff } from "../lib/sse.ts";

export type LogLine = { id: number; text: string };

/** A page with more lines than this is slow, and too long to read. */
const most = 2000;

/** Splits a stream's text into lines; what has no end yet waits for the next piece. */
export function lineReader(): (piece: string) => string[] {
  let rest = "";
  return (piece) => {
    const lines = (rest + piece).split(/\r?\n/);
    rest = lines.pop() ?? "";
    return lines;
  };
}

/** The newest lines of a component of a store. While it follows, it reconnects automatically. */
export function useLogs(store: string, component: string, follow: boolean) {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [state, setState] = useState<"opening" | "open" | "ended">("opening");
  const [error, setError] = useState<unknown>();
  const next = useRef(0);

  useEffect(() => {
    const stop = new AbortController();
    let pending: LogLine[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let opened = false;
    const write = () => {
      timer = undefined;
      const fresh = pending;
      pending = [];
      setLines((old) => [...old, ...fresh].slice(-most));
    };
    const read = async () => {
      const query = new URLSearchParams({
        ...(component ? { component } : {}),
        follow: String(follow),
        tail: "500",
      });
      const answer = await fetch(`/api/v1/stores/${encodeURIComponent(store)}/logs?${query}`, {
        signal: stop.signal,
      }).catch(() => {
        throw unreachable();
      });
      if (!answer.ok) throw await readProblem(answer);
      if (!answer.body) return;
      // The server sends the last lines again.
      setLines([]);
      setError(undefined);
      setState("open");
      opened = true;
      const split = lineReader();
      const text = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await text.read(); !piece.done; piece = await text.read()) {
        for (const line of split(piece.value)) {
          next.current += 1;
          pending.push({ id: next.current, text: line });
        }
        timer ??= setTimeout(write, 80);
      }
    };
    const run = async () => {
      for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
        opened = false;
        try {
          await read();
        } catch (problem) {
          if (stop.signal.aborted) return;
          setError(problem);
          if (
            problem instanceof Problem &&
            problem.status >= 400 &&
            problem.status < 500 &&
            problem.status !== 409
          )
            break;
        }
        if (!follow) break;
        if (opened) attempt = 0;
        await new Promise((resolve) => setTimeout(resolve, backoff(attempt + 1)));
      }
      if (!stop.signal.aborted) setState("ended");
    };
    setLines([]);
    setError(undefined);
    setState("opening");
    void run();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [store, component, follow]);

  return { lines, state, error };
}
