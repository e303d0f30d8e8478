import type { AddressInput, Country } from "../lib/api";

/** What the shopper types at checkout, unchanged. */
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
  ["email", "Enter your email address"],
  ["firstName", "Enter your first name"],
  ["lastName", "Enter your last name"],
  ["address1", "Enter your street address"],
  ["city", "Enter your city"],
  ["postalCode", "Enter your postal code"],
  ["countryCode", "Choose a country"],
];

const maxLength = 120;
const emailPattern = /^[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"\\.]+(\.[^\s@<>()[\],;:"\\.]+)+$/;
const phonePattern = /^\+?[\d\s().\-/]{5,25}$/;

/** Only countries whose format is certain: a false alarm would cost an order. */
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

/** Sorts countries by name: the order of the store's list means nothing, and the first one is preselected. */
export function sortCountries(countries: readonly Country[]): Country[] {
  const name = ({ display_name, iso_2 }: Country) => display_name ?? iso_2 ?? "";
  return [...countries].sort((a, b) => name(a).localeCompare(name(b)));
}

/** Trims every field and turns it into a single line. */
export function tidy(details: Details): Details {
  const clean = { ...details };
  for (const field of Object.keys(clean) as Field[]) {
    clean[field] = clean[field].replace(/[\p{Cc}\s]+/gu, " ").trim();
  }
  return clean;
}

/** Finds what is wrong with the details, by field. Countries are ISO 3166 alpha-2 codes in lower case. */
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
    errors.email = "Enter an email address such as name@example.com";
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

/** The address in the form of the Store API. */
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

/** Restores what was typed before; anything unexpected is dropped. */
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
