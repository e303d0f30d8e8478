/** One message of a server-sent stream. */
export type Message = { id: string | undefined; event: string; data: string };

/** Takes a stream's text in any pieces and returns the messages that are whole (HTML standard, "Server-sent events"). */
export function messageReader(): (piece: string) => Message[] {
  let rest = "";
  let id: string | undefined;
  let event = "";
  let data: string[] = [];

  const take = (line: string, found: Message[]) => {
    if (line === "") {
      if (data.length > 0) found.push({ id, event: event || "message", data: data.join("\n") });
      event = "";
      data = [];
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") id = value;
    else if (field === "event") event = value;
    else if (field === "data") data.push(value);
  };

  return (piece) => {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    const found: Message[] = [];
    for (const line of lines) take(line, found);
    return found;
  };
}

/** How long to wait before the next attempt: longer each time up to five seconds, and never the same for two pages. */
export function backoff(attempt: number, random: number = Math.random()): number {
  return Math.min(5000, 500 * 2 ** attempt) * (0.5 + random / 2);
}
