import { useSyncExternalStore } from "react";

/** One timer for the whole page, which runs only while the page is visible. */
function ticking(every: number) {
  const listeners = new Set<() => void>();
  let now = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  const tick = () => {
    now = Date.now();
    for (const listener of listeners) listener();
  };
  return {
    subscribe(listener: () => void) {
      listeners.add(listener);
      if (timer === undefined) {
        now = Date.now();
        timer = setInterval(tick, every);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    now: () => now,
  };
}

const seconds = ticking(250);
const minutes = ticking(15_000);

/** Now, to a quarter of a second: for running steps. */
export function useSeconds(): number {
  return useSyncExternalStore(seconds.subscribe, seconds.now);
}

/** Now, to a quarter of a minute: for ages. */
export function useMinutes(): number {
  return useSyncExternalStore(minutes.subscribe, minutes.now);
}
