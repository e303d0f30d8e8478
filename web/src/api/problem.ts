import type { components } from "./schema.gen.ts";

type ProblemBody = Partial<components["schemas"]["Problem"]>;

/** Why a request was not served, in words that a person can read. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  readonly fields: Readonly<Record<string, string>>;

  constructor(status: number, body: ProblemBody) {
    super(body.detail || body.title || `The server answered ${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? (status === 0 ? "unreachable" : "internal");
    this.requestId = body.requestId;
    this.fields = Object.fromEntries((body.errors ?? []).map((error) => [error.field, error.message]));
  }
}

/** The problem of a request that got no answer at all. */
export function unreachable(): Problem {
  return new Problem(0, {
    detail: "ShopFlow cannot be reached. Check the connection; this page retries automatically.",
  });
}

/** What is wrong with which field of what was sent, by the field's name in the API. */
export function refusedFields(error: unknown): Readonly<Record<string, string>> {
  return error instanceof Problem ? error.fields : {};
}

/** The sentence to show for anything that was thrown. */
export function sentence(error: unknown): string {
  if (error instanceof Problem) return error.message;
  return "Something went wrong on this page. Reload it.";
}

/** Reads the problem out of an answer, whatever is in it. */
export async function readProblem(answer: Response): Promise<Problem> {
  const body: unknown = await answer.json().catch(() => ({}));
  return new Problem(answer.status, typeof body === "object" && body !== null ? body : {});
}
