/** Notices that this page is older than the server: one of its chunks no longer exists. */

const listeners = new Set<() => void>();
let outdated = false;

export const update = {
  outdated: () => outdated,
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** Listens for parts of the page that cannot be loaded. */
export function watchForUpdate(): void {
  window.addEventListener("vite:preloadError", () => {
    outdated = true;
    for (const listener of listeners) listener();
  });
}

/** Whether an error says that a part of this page could not be loaded. */
export function isMissingPart(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    /dynamically imported module|Importing a module script|error loading/i.test(error.message)
  );
}
