package woocommerce

import (
	"cmp"
	"maps"
)

// addresses are where the customer lives: in the shop's own country, as it surely sells there. No field is empty, because an owner can
// require each of them. WooCommerce checks the format of a postcode.
func (w *shop) addresses() map[string]any {
	country, state := w.region.Country, w.region.State
	if country == "" {
		country, state = "US", "NY"
	}
	shipping := map[string]string{
		"first_name": "Proof", "last_name": "Of Sale", "company": "Proof", "address_1": "1 Proof Street", "address_2": "1", "city": "Proofville",
		"state": state, "postcode": cmp.Or(w.region.Postcode, postcode(country)), "country": country, "phone": "+15550100",
	}
	billing := maps.Clone(shipping)
	billing["email"] = w.Email()
	return map[string]any{"billing_address": billing, "shipping_address": shipping}
}

// postcode returns one in the format of a country. Most have five digits, or accept any format.
func postcode(country string) string {
	capitals := map[string]string{
		"AT": "1010", "AU": "2600", "BA": "71000", "BE": "1000", "BR": "70040-010", "CA": "K1A 0B1", "CH": "3011", "CZ": "110 00",
		"DK": "1050", "GB": "SW1A 1AA", "HU": "1011", "IE": "D02 AF30", "IN": "110001", "JP": "100-0001", "LI": "9490", "NL": "1011 AB",
		"NO": "0150", "NZ": "6011", "PL": "00-001", "PT": "1100-148", "SE": "111 20", "SI": "1000", "SK": "811 01",
	}
	return cmp.Or(capitals[country], "10001")
}
