import { useId } from "react";
import type { Country } from "../lib/api";
import { FieldNotes, TextField } from "../ui/text-field";
import { type Details, type Errors, type Field, needsProvince } from "./details";

interface FieldsProps {
  details: Details;
  errors: Errors;
  onField: (field: Field, value: string) => void;
  onLeave: (field: Field) => void;
}

/** The props of one field of the form. */
function bind({ details, errors, onField, onLeave }: FieldsProps, field: Field) {
  return {
    name: field,
    value: details[field],
    error: errors[field],
    onValue: (value: string) => onField(field, value),
    onBlur: () => onLeave(field),
  };
}

export function ContactFields(props: FieldsProps) {
  return (
    <TextField
      label="Email"
      type="email"
      autoComplete="email"
      spellCheck={false}
      hint="Use it to look up your order later."
      {...bind(props, "email")}
    />
  );
}

export function AddressFields(props: FieldsProps & { countries: readonly Country[] }) {
  const { details, errors, countries, onField } = props;
  const countryId = useId();
  const inUs = details.countryCode === "us";
  return (
    <div className="fields">
      <div className="field">
        <label htmlFor={countryId}>Country</label>
        <select
          id={countryId}
          name="countryCode"
          autoComplete="country"
          value={details.countryCode}
          required
          aria-invalid={errors.countryCode ? true : undefined}
          aria-describedby={errors.countryCode ? `${countryId}-error` : undefined}
          onChange={(event) => onField("countryCode", event.target.value)}
        >
          {countries.map((country) => (
            <option key={country.iso_2} value={country.iso_2}>
              {country.display_name ?? country.iso_2?.toUpperCase()}
            </option>
          ))}
        </select>
        <FieldNotes id={countryId} error={errors.countryCode} />
      </div>
      <TextField
        className="half"
        label="First name"
        autoComplete="given-name"
        {...bind(props, "firstName")}
      />
      <TextField className="half" label="Last name" autoComplete="family-name" {...bind(props, "lastName")} />
      <TextField label="Address" autoComplete="address-line1" {...bind(props, "address1")} />
      <TextField
        label="Apartment, suite"
        optional
        autoComplete="address-line2"
        {...bind(props, "address2")}
      />
      <TextField label="City" autoComplete="address-level2" {...bind(props, "city")} />
      <TextField
        className="half"
        label={inUs ? "State" : "Province"}
        optional={!needsProvince(details.countryCode)}
        autoComplete="address-level1"
        {...bind(props, "province")}
      />
      <TextField
        className="half"
        label={inUs ? "ZIP code" : "Postal code"}
        autoComplete="postal-code"
        inputMode={inUs ? "numeric" : "text"}
        {...bind(props, "postalCode")}
      />
      <TextField
        label="Phone"
        optional
        type="tel"
        autoComplete="tel"
        hint="Only for the courier, in case your address is hard to find."
        {...bind(props, "phone")}
      />
    </div>
  );
}
