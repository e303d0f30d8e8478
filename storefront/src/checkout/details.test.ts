import { describe, expect, it } from "vitest";
import { type Details, emptyDetails, readDraft, tidy, toAddress, validate } from "./details";

const good: Details = {
  email: "ada@example.com",
  firstName: "Ada",
  lastName: "Lovelace",
  address1: "12 Analytical Row",
  address2: "",
  city: "San Francisco",
  province: "CA",
  postalCode: "94103",
  countryCode: "us",
  phone: "",
};
const countries = ["us", "de", "ie"];

describe("validate", () => {
  it("lets a good order pass", () => {
    expect(validate(good, countries)).toEqual({});
    expect(validate({ ...good, countryCode: "ie", province: "", postalCode: "D02 AF30" }, countries)).toEqual(
      {},
    );
  });

  it("asks for everything that is needed", () => {
    expect(Object.keys(validate(emptyDetails, countries)).sort()).toEqual([
      "address1",
      "city",
      "countryCode",
      "email",
      "firstName",
      "lastName",
      "postalCode",
    ]);
  });

  it.each<[string, Partial<Details>, keyof Details]>([
    ["spaces only", { city: " \t " }, "city"],
    ["an address without a domain", { email: "ada@localhost" }, "email"],
    ["two addresses", { email: "ada@example.com, eve@example.com" }, "email"],
    ["a name with the address", { email: "Ada <ada@example.com>" }, "email"],
    ["a country without delivery", { countryCode: "aq" }, "countryCode"],
    ["a US postal code of four digits", { postalCode: "9410" }, "postalCode"],
    ["letters for a German postal code", { countryCode: "de", postalCode: "ABCDE" }, "postalCode"],
    ["no state in the US", { province: "" }, "province"],
    ["a word for a telephone number", { phone: "call me" }, "phone"],
    ["a novel for a name", { firstName: "x".repeat(121) }, "firstName"],
  ])("refuses %s", (_case, change, field) => {
    expect(Object.keys(validate({ ...good, ...change }, countries))).toEqual([field]);
  });

  it.each(["+1 (415) 555-0100", "030/123456", "0151 23456789"])("takes the telephone number %s", (phone) => {
    expect(validate({ ...good, phone }, countries)).toEqual({});
  });

  it.each(["a.b+c@mail.example.co.uk", "\u00fc@b\u00fccher.example", "proof-of-sale@shopflow.invalid"])(
    "takes %s",
    (email) => {
      expect(validate({ ...good, email }, countries)).toEqual({});
    },
  );
});

it("tidies what was pasted", () => {
  expect(tidy({ ...good, address1: "  12\nAnalytical\u0000 Row " }).address1).toBe("12 Analytical Row");
  expect(toAddress({ ...good, city: " Bath " })).toMatchObject({
    city: "Bath",
    country_code: "us",
    postal_code: "94103",
  });
});

it.each([
  ["nothing", null, emptyDetails],
  ["broken JSON", "{", emptyDetails],
  ["a list", "[1]", emptyDetails],
  ["null", "null", emptyDetails],
  ["half a form", '{"email":"a@b.c","city":7,"evil":"x"}', { ...emptyDetails, email: "a@b.c" }],
])("reads a draft of %s", (_case, text, want) => {
  expect(readDraft(text)).toEqual(want);
});
