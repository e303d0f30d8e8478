import createClient from "openapi-fetch";
import { Problem, unreachable } from "./problem.ts";
import type { components, paths } from "./schema.gen.ts";

type ProblemBody = components["schemas"]["Problem"];

/** The API as its contract describes it. The session is a cookie that no script can read. */
export const api = createClient<paths>({ baseUrl: "", fetch: (request) => globalThis.fetch(request) });

/** What openapi-fetch answers, as far as it matters here. */
type Answer<T> = { data?: T; error?: unknown; response: Response };

/** Waits for an answer and returns its content, or throws the problem. */
export async function unwrap<T>(pending: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await pending;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (answer.response.ok) return answer.data as T;
  const body = typeof answer.error === "object" && answer.error !== null ? (answer.error as ProblemBody) : {};
  throw new Problem(answer.response.status, body);
}
