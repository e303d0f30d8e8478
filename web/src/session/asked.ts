/** What a command line asks for, in the address that it opens. The server checks each of them. */
export type Asked = { device: string; challenge: string; redirect: string; state: string };

/** Reads what a command line asks for; undefined where something is missing. */
export function readAsked(search: Record<string, unknown>): Asked | undefined {
  // The router parses numbers, and a machine's name may look like one.
  const text = (key: keyof Asked) =>
    typeof search[key] === "string" || typeof search[key] === "number" ? String(search[key]) : "";
  const asked = {
    device: text("device"),
    challenge: text("challenge"),
    redirect: text("redirect"),
    state: text("state"),
  };
  return Object.values(asked).every((value) => value !== "") ? asked : undefined;
}

/** The code that the command line also shows, so that people can tell that the request is theirs. */
export function spokenCode({ state }: Asked): string {
  return `${state.slice(0, 4)}-${state.slice(4, 8)}`;
}
