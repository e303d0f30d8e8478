export interface Price {
  /** In major units: Medusa 2 counts dollars, not cents. */
  amount: number;
  /** The price before a sale; null when it is not reduced. */
  was: number | null;
  currency: string;
}

/** Formats an amount in major units for the shopper's locale. */
export function formatMoney(amount: number, currencyCode: string, locale?: string): string {
  const currency = currencyCode.toUpperCase();
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency }).format(amount);
  } catch {
    // An unknown code or locale must not break the page.
    return `${amount.toFixed(2)} ${currency}`.trim();
  }
}
