/** What a command line asks for, in the address that it opens. The server checks each of them. */
export type Asked = { device: string; challenge: string; redirect: string; state: string };

/** Reads what a command line asks for; undefined where something is missing. */
export function readAsked(search: Record<string, unknown>): Asked | undefined {
  // The router makes numbers of what looks like one, such as the name of a machine.
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

/** The code that the command line shows, too, so that people can tell that it is theirs which asks. */
export function spokenCode({ state }: Asked): string {
  return `${state.slice(0, 4)}-${state.slice(4, 8)}`;
}
