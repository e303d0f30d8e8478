import type { AddressInput } from "../lib/api";

/** What the shopper types at the checkout, as typed. */
export interface Details {
  email: string;
  firstName: string;
  lastName: string;
  address1: string;
  address2: string;
  city: string;
  province: string;
  postalCode: string;
  countryCode: string;
  phone: string;
}

export type Field = keyof Details;
export type Errors = Partial<Record<Field, string>>;

export const emptyDetails: Details = {
  email: "",
  firstName: "",
  lastName: "",
  address1: "",
  address2: "",
  city: "",
  province: "",
  postalCode: "",
  countryCode: "",
  phone: "",
};

const required: readonly (readonly [Field, string])[] = [
  ["email", "Enter your e-mail address"],
  ["firstName", "Enter your first name"],
  ["lastName", "Enter your last name"],
  ["address1", "Enter your street and number"],
  ["city", "Enter your town or city"],
  ["postalCode", "Enter your postal code"],
  ["countryCode", "Choose a country"],
];

const maxLength = 120;
const emailPattern = /^[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"\\.]+(\.[^\s@<>()[\],;:"\\.]+)+$/;
const phonePattern = /^\+?[\d\s().\-/]{5,25}$/;

/** Only where the form of a postal code is beyond doubt; a parcel is worth more than a pattern. */
const postalPatterns: Record<string, readonly [RegExp, string]> = {
  us: [/^\d{5}(-?\d{4})?$/, "A US postal code has five digits, such as 94103"],
  ca: [/^[a-z]\d[a-z][ -]?\d[a-z]\d$/i, "A Canadian postal code looks like K1A 0B1"],
  de: [/^\d{5}$/, "A German postal code has five digits"],
  fr: [/^\d{5}$/, "A French postal code has five digits"],
  es: [/^\d{5}$/, "A Spanish postal code has five digits"],
  it: [/^\d{5}$/, "An Italian postal code has five digits"],
};

/** Countries whose addresses need a state or province to be delivered. */
const withProvince = new Set(["us", "ca", "au"]);

export const needsProvince = (countryCode: string): boolean => withProvince.has(countryCode.toLowerCase());

/** Trims every field and makes single lines of them. */
export function tidy(details: Details): Details {
  const clean = { ...details };
  for (const field of Object.keys(clean) as Field[]) {
    clean[field] = clean[field].replace(/[\p{Cc}\s]+/gu, " ").trim();
  }
  return clean;
}

/** Finds what stands in the way of an order. No entry means none. Countries are ISO codes, lower case. */
export function validate(details: Details, countries: readonly string[]): Errors {
  const clean = tidy(details);
  const errors: Errors = {};
  for (const field of Object.keys(clean) as Field[]) {
    if (clean[field].length > maxLength) errors[field] = `Use at most ${maxLength} characters`;
  }
  for (const [field, message] of required) if (clean[field] === "") errors[field] = message;
  if (needsProvince(clean.countryCode) && clean.province === "")
    errors.province = "Enter your state or province";
  if (!errors.email && !emailPattern.test(clean.email)) {
    errors.email = "Enter an e-mail address such as name@example.com";
  }
  if (!errors.countryCode && !countries.includes(clean.countryCode)) {
    errors.countryCode = "We do not deliver to that country";
  }
  const postal = postalPatterns[clean.countryCode];
  if (!errors.postalCode && postal && !postal[0].test(clean.postalCode)) errors.postalCode = postal[1];
  if (clean.phone !== "" && !errors.phone && !phonePattern.test(clean.phone)) {
    errors.phone = "Use digits, spaces and + only, or leave it empty";
  }
  return errors;
}

/** The address as the Store API takes it. */
export function toAddress(details: Details): AddressInput {
  const clean = tidy(details);
  return {
    first_name: clean.firstName,
    last_name: clean.lastName,
    address_1: clean.address1,
    address_2: clean.address2,
    city: clean.city,
    province: clean.province,
    postal_code: clean.postalCode,
    country_code: clean.countryCode,
    phone: clean.phone,
  };
}

/** Reads back what an earlier visit has typed; anything unexpected is left out. */
export function readDraft(text: string | null): Details {
  const details = { ...emptyDetails };
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    if (typeof value !== "object" || value === null) return details;
    for (const field of Object.keys(details) as Field[]) {
      const entry = (value as Record<string, unknown>)[field];
      if (typeof entry === "string") details[field] = entry;
    }
  } catch {
    // A damaged draft only costs some typing.
  }
  return details;
}
