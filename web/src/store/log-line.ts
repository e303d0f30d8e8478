/** A line of a log as people read it: what a program wrote as JSON becomes a sentence, everything else stays as it is. */
export type ReadableLine = {
  /** The part of the store that wrote it, where several are shown. */
  part: string | undefined;
  /** When it was written, as the program says. */
  at: Date | undefined;
  tone: "plain" | "warn" | "bad";
  text: string;
  /** The cluster itself asked whether the program is well. */
  probe: boolean;
};

type Fields = Record<string, unknown>;

/** Reads a line. */
export function readLine(line: string): ReadableLine {
  const [, part, rest = line] = /^\[([\w-]+)\] (.*)$/s.exec(line) ?? [];
  const fields = rest.startsWith("{") ? parse(rest) : undefined;
  if (!fields) return { part, at: undefined, tone: "plain", text: rest, probe: false };
  const text = request(fields) ?? message(fields);
  if (text === undefined) return { part, at: undefined, tone: "plain", text: rest, probe: false };
  return { part, at: moment(fields), tone: tone(fields), text, probe: probe(fields) };
}

function parse(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined;
  } catch {
    return undefined;
  }
}

const string = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** "GET /store/products 200 in 46 ms" */
function request({ method, path, status, duration }: Fields): string | undefined {
  if (!string(method) || !string(path)) return undefined;
  const code = string(status) ?? (typeof status === "number" ? String(status) : "");
  const took = typeof duration === "number" ? `in ${Math.round(duration)} ms` : "";
  return [method, path, code, took].filter(Boolean).join(" ");
}

function message(fields: Fields): string | undefined {
  return string(fields.message) ?? string(fields.msg);
}

function moment({ timestamp, time, ts }: Fields): Date | undefined {
  const text = string(timestamp) ?? string(time) ?? string(ts);
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : new Date(at);
}

function tone({ level, status }: Fields): ReadableLine["tone"] {
  const code = Number(status);
  if (/^(error|fatal|crit)/i.test(string(level) ?? "") || code >= 500) return "bad";
  return /^warn/i.test(string(level) ?? "") ? "warn" : "plain";
}

function probe({ user_agent, userAgent }: Fields): boolean {
  return (string(user_agent) ?? string(userAgent) ?? "").startsWith("kube-probe/");
}
