package medusa

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"shopflow.dev/shopflow/internal/shopper"
)

// homeCountry is the customer's country if the shop sells to it.
const homeCountry = "us"

var configPattern = regexp.MustCompile(`(?is)<script\b[^>]*\bid="store-config"[^>]*>(.*?)</script>`)

type region struct {
	ID        string `json:"id"`
	Currency  string `json:"currency_code"`
	Countries []struct {
		Code string `json:"iso_2"`
	} `json:"countries"`
	country string
}

type variant struct {
	ID      string `json:"id"`
	Managed bool   `json:"manage_inventory"`
	Stock   int    `json:"inventory_quantity"`
	Price   struct {
		Amount float64 `json:"calculated_amount"`
	} `json:"calculated_price"`
}

type itemAnswer struct {
	VariantID string  `json:"variant_id"`
	Quantity  float64 `json:"quantity"`
}

type cartAnswer struct {
	ID       string       `json:"id"`
	Email    string       `json:"email"`
	Currency string       `json:"currency_code"`
	Total    float64      `json:"total"`
	Items    []itemAnswer `json:"items"`
}

func (c cartAnswer) cart() shopper.Cart {
	return shopper.Cart{ID: c.ID, Email: c.Email, Currency: c.Currency, Total: c.Total, Items: itemsOf(c.Items)}
}

func itemsOf(items []itemAnswer) []shopper.Item {
	found := make([]shopper.Item, 0, len(items))
	for _, i := range items {
		found = append(found, shopper.Item{Product: i.VariantID, Quantity: i.Quantity})
	}
	return found
}

// store sends a request to the Store API.
func (m *shop) store(ctx context.Context, method, path string, body, out any) error {
	header := http.Header{"X-Publishable-Api-Key": {m.publishableKey}}
	return m.JSON(ctx, shopper.Request{Method: method, Path: "/store" + path, Header: header, Body: body}, out)
}

// Open checks that the storefront uses the key of this store.
func (m *shop) Open(ctx context.Context) error {
	page, err := m.FirstPage(ctx)
	if err != nil {
		return err
	}
	key, err := storefrontKey(page)
	if err != nil {
		return err
	}
	if key != m.publishableKey {
		return errors.New("the storefront uses another store's key")
	}
	return nil
}

// storefrontKey returns the key in a storefront's page.
func storefrontKey(page []byte) (string, error) {
	script := configPattern.FindSubmatch(page)
	if script == nil {
		return "", errors.New("the first page is not a storefront: it has no store-config")
	}
	var config struct {
		Key string `json:"publishableKey"`
	}
	// A browser does not decode the text of a script. A page that escapes it for HTML all the same is understood, too.
	if json.Unmarshal(script[1], &config) != nil {
		if err := json.Unmarshal([]byte(html.UnescapeString(string(script[1]))), &config); err != nil {
			return "", fmt.Errorf("store-config in the first page: %w", err)
		}
	}
	if config.Key == "" {
		return "", errors.New("store-config in the first page has no key")
	}
	return config.Key, nil
}

// findRegion picks where the customer lives: in homeCountry if the shop sells there, else in the first country that it sells to.
func (m *shop) findRegion(ctx context.Context) error {
	var answer struct {
		Regions []region `json:"regions"`
	}
	if err := m.store(ctx, http.MethodGet, "/regions", nil, &answer); err != nil {
		return err
	}
	for _, region := range answer.Regions {
		for _, country := range region.Countries {
			if m.region.country == "" || country.Code == homeCountry {
				m.region = region
				m.region.country = country.Code
			}
		}
	}
	if m.region.country == "" {
		return fmt.Errorf("%w: it sells to no country", shopper.ErrNoShipping)
	}
	return nil
}

func (m *shop) ChooseProduct(ctx context.Context) (shopper.Product, error) {
	if m.region.country == "" {
		if err := m.findRegion(ctx); err != nil {
			return shopper.Product{}, err
		}
	}
	var answer struct {
		Products []struct {
			ID       string    `json:"id"`
			Variants []variant `json:"variants"`
		} `json:"products"`
	}
	query := url.Values{
		"region_id": {m.region.ID}, "limit": {"50"}, "order": {"handle"},
		"fields": {"id,handle,*variants.calculated_price,+variants.inventory_quantity,+variants.manage_inventory"},
	}
	if err := m.store(ctx, http.MethodGet, "/products?"+query.Encode(), nil, &answer); err != nil {
		return shopper.Product{}, err
	}
	if len(answer.Products) == 0 {
		return shopper.Product{}, shopper.ErrNoProducts
	}
	uncountable := shopper.Product{} // In a check it will do if there is no other.
	for _, found := range answer.Products {
		slices.SortFunc(found.Variants, func(a, b variant) int { return cmp.Compare(a.ID, b.ID) })
		for _, variant := range found.Variants {
			if variant.Price.Amount <= 0 || variant.Managed && variant.Stock < shopper.Quantity {
				continue
			}
			product := shopper.Product{
				ID: variant.ID, Page: found.ID, Stock: variant.Stock, Price: variant.Price.Amount, Currency: m.region.Currency,
			}
			if variant.Managed {
				return product, nil
			}
			uncountable = product
		}
	}
	if m.Checks() && uncountable.ID != "" {
		return uncountable, nil
	}
	return shopper.Product{}, shopper.ErrSoldOut
}

func (m *shop) FillCart(ctx context.Context, chosen shopper.Product) (shopper.Cart, error) {
	address := map[string]string{
		"first_name": "Proof", "last_name": "Of Sale", "address_1": "1 Proof Street", "city": "Proofville",
		"postal_code": "10001", "country_code": m.region.country, "phone": "+15550100",
	}
	var answer struct {
		Cart cartAnswer `json:"cart"`
	}
	err := m.store(ctx, http.MethodPost, "/carts", map[string]any{
		"region_id": m.region.ID, "email": m.Email(), "shipping_address": address, "billing_address": address,
		"items": []map[string]any{{"variant_id": chosen.ID, "quantity": shopper.Quantity}},
	}, &answer)
	return answer.Cart.cart(), err
}

func (m *shop) ChooseShipping(ctx context.Context, filled shopper.Cart) (shopper.Cart, error) {
	type option struct {
		ID     string  `json:"id"`
		Amount float64 `json:"amount"`
	}
	var offered struct {
		Options []option `json:"shipping_options"`
	}
	if err := m.store(ctx, http.MethodGet, "/shipping-options?cart_id="+url.QueryEscape(filled.ID), nil, &offered); err != nil {
		return filled, err
	}
	if len(offered.Options) == 0 {
		return filled, shopper.ErrNoShipping
	}
	cheapest := slices.MinFunc(offered.Options, func(a, b option) int {
		return cmp.Or(cmp.Compare(a.Amount, b.Amount), strings.Compare(a.ID, b.ID))
	})
	var answer struct {
		Cart cartAnswer `json:"cart"`
	}
	path := "/carts/" + url.PathEscape(filled.ID) + "/shipping-methods"
	if err := m.store(ctx, http.MethodPost, path, map[string]string{"option_id": cheapest.ID}, &answer); err != nil {
		return filled, err
	}
	return answer.Cart.cart(), nil
}

func (m *shop) ChoosePayment(ctx context.Context, filled shopper.Cart) error {
	var answer struct {
		Collection struct {
			ID     string  `json:"id"`
			Amount float64 `json:"amount"`
		} `json:"payment_collection"`
	}
	if err := m.store(ctx, http.MethodPost, "/payment-collections", map[string]string{"cart_id": filled.ID}, &answer); err != nil {
		return err
	}
	if !shopper.SameAmount(answer.Collection.Amount, filled.Total) {
		return fmt.Errorf("the shop asks for %v for a cart of %v", answer.Collection.Amount, filled.Total)
	}
	path := "/payment-collections/" + url.PathEscape(answer.Collection.ID) + "/payment-sessions"
	err := m.store(ctx, http.MethodPost, path, map[string]string{"provider_id": manualPayment}, &answer)
	if err != nil && !m.offersManualPayment(ctx) {
		return shopper.ErrNoPayment
	}
	return err
}

// offersManualPayment reports whether the shop offers manualPayment where the customer lives, or does not say.
func (m *shop) offersManualPayment(ctx context.Context) bool {
	type provider struct {
		ID string `json:"id"`
	}
	var answer struct {
		Providers []provider `json:"payment_providers"`
	}
	err := m.store(ctx, http.MethodGet, "/payment-providers?region_id="+url.QueryEscape(m.region.ID), nil, &answer)
	return err != nil || slices.Contains(answer.Providers, provider{ID: manualPayment})
}

func (m *shop) PlaceOrder(ctx context.Context, filled shopper.Cart) (id, number string, err error) {
	var answer struct {
		Type  string      `json:"type"`
		Order orderAnswer `json:"order"`
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := m.store(ctx, http.MethodPost, "/carts/"+url.PathEscape(filled.ID)+"/complete", struct{}{}, &answer); err != nil {
		return "", "", err
	}
	if answer.Type != "order" {
		return "", "", &shopper.StepError{
			Status: http.StatusOK, Answer: m.Summarize([]byte(answer.Error.Message)), Err: errors.New("the shop did not accept the order"),
		}
	}
	confirmed := answer.Order.order()
	switch number := answer.Order.DisplayID; {
	case confirmed.ID == "" || number < 1 && !m.Checks() || number == 0:
		return "", "", errors.New("the order has no number")
	case number > 0 && m.Checks():
		return "", "", fmt.Errorf("the order took the number %d of the customers'", number)
	}
	want := shopper.Order{
		ID: confirmed.ID, Number: confirmed.Number, Email: filled.Email, Currency: filled.Currency, Total: filled.Total, Items: filled.Items,
	}
	return confirmed.ID, confirmed.Number, confirmed.Check(want)
}

func (m *shop) Stock(ctx context.Context, chosen shopper.Product) (int, error) {
	var answer struct {
		Product struct {
			Variants []variant `json:"variants"`
		} `json:"product"`
	}
	path := "/products/" + url.PathEscape(chosen.Page) + "?fields=" + url.QueryEscape("id,*variants,+variants.inventory_quantity")
	if err := m.store(ctx, http.MethodGet, path, nil, &answer); err != nil {
		return 0, err
	}
	for _, variant := range answer.Product.Variants {
		if variant.ID == chosen.ID {
			return variant.Stock, nil
		}
	}
	return 0, errors.New("the product is no longer in the shop")
}
