/** Writes an amount in major units (Medusa 2 counts dollars, not cents) in the buyer's own notation. */
export function formatMoney(amount: number, currencyCode: string, locale?: string): string {
  const currency = currencyCode.toUpperCase();
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency }).format(amount);
  } catch {
    // An unknown code or locale must not take the page down.
    return `${amount.toFixed(2)} ${currency}`.trim();
  }
}
