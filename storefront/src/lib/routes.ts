/** A page of the shop. Every path is one of these. */
export type Route =
  | { page: "home" }
  | { page: "product"; handle: string }
  | { page: "cart" }
  | { page: "checkout" }
  | { page: "order"; id: string }
  | { page: "lookup" }
  | { page: "missing" };

/** Parses a path. Anything unknown or undecodable is the "missing" page. */
export function matchRoute(path: string): Route {
  const parts = path.split("/").filter((part) => part !== "");
  const [first, second] = parts;
  if (parts.length === 0) return { page: "home" };
  if (parts.length === 1 && (first === "cart" || first === "checkout" || first === "lookup"))
    return { page: first };
  if (parts.length === 2 && second !== undefined) {
    const value = decode(second);
    if (value !== null && first === "products") return { page: "product", handle: value };
    if (value !== null && first === "orders") return { page: "order", id: value };
  }
  return { page: "missing" };
}

export const productPath = (handle: string) => `/products/${encodeURIComponent(handle)}`;
export const orderPath = (id: string) => `/orders/${encodeURIComponent(id)}`;

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
