/** Parses an order number as people write it: "#12", " 12 " or "No. 12". Null when there is none. */
export function orderNumber(text: string): string | null {
  const match = /^(?:order|no\.?|nr\.?)?\s*#?\s*0*([1-9]\d{0,8})$/i.exec(text.trim());
  return match?.[1] ?? null;
}
