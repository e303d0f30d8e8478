package shopper

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
)

// home is the customer's country where the shop sells to it.
const home = "us"

type medusaRegion struct {
	ID        string `json:"id"`
	Currency  string `json:"currency_code"`
	Countries []struct {
		Code string `json:"iso_2"`
	} `json:"countries"`
	country string
}

type medusaVariant struct {
	ID      string `json:"id"`
	Managed bool   `json:"manage_inventory"`
	Stock   int    `json:"inventory_quantity"`
	Price   struct {
		Amount float64 `json:"calculated_amount"`
	} `json:"calculated_price"`
}

type medusaItem struct {
	VariantID string  `json:"variant_id"`
	Quantity  float64 `json:"quantity"`
}

type medusaCart struct {
	ID       string       `json:"id"`
	Email    string       `json:"email"`
	Currency string       `json:"currency_code"`
	Total    float64      `json:"total"`
	Items    []medusaItem `json:"items"`
}

func (c medusaCart) plain() cart {
	return cart{id: c.ID, email: c.Email, currency: c.Currency, total: c.Total, items: plainItems(c.Items)}
}

func plainItems(items []medusaItem) []item {
	plain := make([]item, 0, len(items))
	for _, i := range items {
		plain = append(plain, item{product: i.VariantID, quantity: i.Quantity})
	}
	return plain
}

// store makes a request of the shop's own API.
func (m *medusa) store(ctx context.Context, method, path string, body, out any) error {
	header := http.Header{"X-Publishable-Api-Key": {m.key}}
	return m.ask(ctx, request{method: method, path: "/store" + path, header: header, body: body}, out)
}

// open checks that the storefront uses the key of this store and no other.
func (m *medusa) open(ctx context.Context) error {
	page, err := m.knock(ctx, request{method: http.MethodGet, path: "/", header: http.Header{"Accept": {"text/html"}}})
	if err != nil {
		return err
	}
	key, err := storefrontKey(page.body)
	if err != nil {
		return err
	}
	if key != m.key {
		return errors.New("the storefront uses another store's key")
	}
	return nil
}

// storefrontKey returns the key in a storefront's page.
func storefrontKey(page []byte) (string, error) {
	script := regexp.MustCompile(`(?is)<script\b[^>]*\bid="store-config"[^>]*>(.*?)</script>`).FindSubmatch(page)
	if script == nil {
		return "", errors.New("the first page is no storefront: it has no store-config")
	}
	var config struct {
		Key string `json:"publishableKey"`
	}
	// A browser takes a script's text as it stands. A page that escapes it for HTML all the same is understood, too.
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

// findRegion picks where the customer lives: at home if the shop sells there, else in the first country that it sells to.
func (m *medusa) findRegion(ctx context.Context) error {
	var answer struct {
		Regions []medusaRegion `json:"regions"`
	}
	if err := m.store(ctx, http.MethodGet, "/regions", nil, &answer); err != nil {
		return err
	}
	for _, region := range answer.Regions {
		for _, country := range region.Countries {
			if m.region.country == "" || country.Code == home {
				m.region = region
				m.region.country = country.Code
			}
		}
	}
	if m.region.country == "" {
		return errors.New("the shop sells to no country")
	}
	return nil
}

func (m *medusa) choose(ctx context.Context) (product, error) {
	if m.region.country == "" {
		if err := m.findRegion(ctx); err != nil {
			return product{}, err
		}
	}
	var answer struct {
		Products []struct {
			ID       string          `json:"id"`
			Variants []medusaVariant `json:"variants"`
		} `json:"products"`
	}
	query := url.Values{
		"region_id": {m.region.ID}, "limit": {"50"}, "order": {"handle"},
		"fields": {"id,handle,*variants.calculated_price,+variants.inventory_quantity,+variants.manage_inventory"},
	}
	if err := m.store(ctx, http.MethodGet, "/products?"+query.Encode(), nil, &answer); err != nil {
		return product{}, err
	}
	if len(answer.Products) == 0 {
		return product{}, errors.New("the shop has no products")
	}
	for _, found := range answer.Products {
		slices.SortFunc(found.Variants, func(a, b medusaVariant) int { return cmp.Compare(a.ID, b.ID) })
		for _, variant := range found.Variants {
			if variant.Managed && variant.Stock >= quantity && variant.Price.Amount > 0 {
				return product{
					id: variant.ID, page: found.ID, stock: variant.Stock, price: variant.Price.Amount, currency: m.region.Currency,
				}, nil
			}
		}
	}
	return product{}, errors.New("the shop has no product in stock that has a price")
}

func (m *medusa) fillCart(ctx context.Context, chosen product) (cart, error) {
	address := map[string]string{
		"first_name": "Proof", "last_name": "Of Sale", "address_1": "1 Proof Street", "city": "Proofville",
		"postal_code": "10001", "country_code": m.region.country, "phone": "+15550100",
	}
	var answer struct {
		Cart medusaCart `json:"cart"`
	}
	err := m.store(ctx, http.MethodPost, "/carts", map[string]any{
		"region_id": m.region.ID, "email": proofEmail, "shipping_address": address, "billing_address": address,
		"items": []map[string]any{{"variant_id": chosen.id, "quantity": quantity}},
	}, &answer)
	return answer.Cart.plain(), err
}

func (m *medusa) chooseShipping(ctx context.Context, filled cart) (cart, error) {
	type option struct {
		ID     string  `json:"id"`
		Amount float64 `json:"amount"`
	}
	var offered struct {
		Options []option `json:"shipping_options"`
	}
	if err := m.store(ctx, http.MethodGet, "/shipping-options?cart_id="+url.QueryEscape(filled.id), nil, &offered); err != nil {
		return filled, err
	}
	if len(offered.Options) == 0 {
		return filled, errors.New("the shop cannot ship")
	}
	cheapest := slices.MinFunc(offered.Options, func(a, b option) int {
		return cmp.Or(cmp.Compare(a.Amount, b.Amount), strings.Compare(a.ID, b.ID))
	})
	var answer struct {
		Cart medusaCart `json:"cart"`
	}
	path := "/carts/" + url.PathEscape(filled.id) + "/shipping-methods"
	if err := m.store(ctx, http.MethodPost, path, map[string]string{"option_id": cheapest.ID}, &answer); err != nil {
		return filled, err
	}
	return answer.Cart.plain(), nil
}

func (m *medusa) choosePayment(ctx context.Context, filled cart) error {
	var answer struct {
		Collection struct {
			ID     string  `json:"id"`
			Amount float64 `json:"amount"`
		} `json:"payment_collection"`
	}
	if err := m.store(ctx, http.MethodPost, "/payment-collections", map[string]string{"cart_id": filled.id}, &answer); err != nil {
		return err
	}
	if !sameMoney(answer.Collection.Amount, filled.total) {
		return fmt.Errorf("the shop wants %v for a cart of %v", answer.Collection.Amount, filled.total)
	}
	path := "/payment-collections/" + url.PathEscape(answer.Collection.ID) + "/payment-sessions"
	return m.store(ctx, http.MethodPost, path, map[string]string{"provider_id": payOnDelivery}, &answer)
}

func (m *medusa) placeOrder(ctx context.Context, filled cart) (id, number string, err error) {
	var answer struct {
		Type  string      `json:"type"`
		Order medusaOrder `json:"order"`
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := m.store(ctx, http.MethodPost, "/carts/"+url.PathEscape(filled.id)+"/complete", struct{}{}, &answer); err != nil {
		return "", "", err
	}
	if answer.Type != "order" {
		return "", "", &StepError{
			Status: http.StatusOK, Answer: m.summary([]byte(answer.Error.Message)), Err: errors.New("the shop did not take the order"),
		}
	}
	confirmed := answer.Order.plain()
	if confirmed.id == "" || answer.Order.DisplayID < 1 {
		return "", "", errors.New("the order has no number")
	}
	wanted := order{
		id: confirmed.id, number: confirmed.number, email: filled.email, currency: filled.currency, total: filled.total, items: filled.items,
	}
	return confirmed.id, confirmed.number, confirmed.sameAs(wanted)
}

func (m *medusa) stock(ctx context.Context, chosen product) (int, error) {
	var answer struct {
		Product struct {
			Variants []medusaVariant `json:"variants"`
		} `json:"product"`
	}
	path := "/products/" + url.PathEscape(chosen.page) + "?fields=" + url.QueryEscape("id,*variants,+variants.inventory_quantity")
	if err := m.store(ctx, http.MethodGet, path, nil, &answer); err != nil {
		return 0, err
	}
	for _, variant := range answer.Product.Variants {
		if variant.ID == chosen.id {
			return variant.Stock, nil
		}
	}
	return 0, errors.New("the product is not in the shop any more")
}
