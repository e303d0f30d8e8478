import { FetchError } from "@medusajs/js-sdk";

/**
 * Why a request failed, from the point of view of the shopper.
 * `offline`: no answer came, so the server may or may not have acted. `server`: it answered with an
 * internal error. `gone`: the resource does not exist. `refused`: it rejected the request and said why.
 */
export interface Failure {
  kind: "offline" | "server" | "gone" | "refused";
  message: string;
}

export class TimeoutError extends Error {
  override name = "TimeoutError";
}

/** Classifies any thrown value, with a sentence to show. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof FetchError) {
    const status = error.status ?? 0;
    if (status === 404) return { kind: "gone", message: "We could not find that." };
    if (status >= 500 || status === 0) {
      return {
        kind: "server",
        message: "The shop has a temporary problem. Please try again in a moment.",
      };
    }
    return { kind: "refused", message: refusal(error.message) };
  }
  return { kind: "offline", message: "We could not reach the shop. Please check your connection." };
}

// Medusa's own messages name variant and cart ids. Shoppers get a sentence that they can act on.
const refusals: readonly (readonly [RegExp, string])[] = [
  [/inventory|in stock|out of stock/i, "There is not enough in stock for that quantity."],
  [/already (been )?complet|is completed/i, "This cart has already been ordered."],
  [/not within region/i, "We do not deliver to that country."],
  [/do(es)? not have a price|no price/i, "This product is not available in the selected currency."],
  [/already being completed|conflict/i, "Your order is still being placed. Please wait a moment."],
  [
    /shipping (option|method|profile)/i,
    "That delivery method cannot be used for this cart. Please choose another.",
  ],
];

function refusal(message: string): string {
  for (const [pattern, sentence] of refusals) if (pattern.test(message)) return sentence;
  const text = message.trim();
  return text === "" ? "The shop did not accept the request." : text.slice(0, 200);
}

/** Rejects with TimeoutError when the promise takes longer than the given milliseconds. */
export async function withTimeout<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(`no answer in ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
