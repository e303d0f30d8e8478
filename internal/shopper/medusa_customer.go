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
	product string
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

// store makes a request of the shop's own API.
func (m *medusa) store(ctx context.Context, method, path string, body, out any) error {
	header := http.Header{"X-Publishable-Api-Key": {m.target.PublishableKey}}
	return m.ask(ctx, request{method: method, path: "/store" + path, header: header, body: body}, out)
}

// open reads the first page and checks that the storefront uses the key of this store and no other.
func (m *medusa) open(ctx context.Context) error {
	page, err := m.knock(ctx, request{method: http.MethodGet, path: "/", header: http.Header{"Accept": {"text/html"}}})
	if err != nil {
		return err
	}
	key, err := storefrontKey(page)
	if err != nil {
		return err
	}
	if key != m.target.PublishableKey {
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

// region picks where the customer lives: at home if the shop sells there, else in the first country that it sells to.
func (m *medusa) region(ctx context.Context) (medusaRegion, error) {
	var answer struct {
		Regions []medusaRegion `json:"regions"`
	}
	if err := m.store(ctx, http.MethodGet, "/regions", nil, &answer); err != nil {
		return medusaRegion{}, err
	}
	var picked medusaRegion
	for _, region := range answer.Regions {
		for _, country := range region.Countries {
			if picked.country == "" || country.Code == home {
				picked = region
				picked.country = country.Code
			}
		}
	}
	if picked.country == "" {
		return medusaRegion{}, errors.New("the shop sells to no country")
	}
	return picked, nil
}

// choose picks a variant that has a price and whose stock is counted. It is the same one as long as the shop is the same.
func (m *medusa) choose(ctx context.Context, region medusaRegion) (medusaVariant, error) {
	var answer struct {
		Products []struct {
			ID       string          `json:"id"`
			Handle   string          `json:"handle"`
			Variants []medusaVariant `json:"variants"`
		} `json:"products"`
	}
	query := url.Values{
		"region_id": {region.ID}, "limit": {"50"}, "order": {"handle"},
		"fields": {"id,handle,*variants.calculated_price,+variants.inventory_quantity,+variants.manage_inventory"},
	}
	if err := m.store(ctx, http.MethodGet, "/products?"+query.Encode(), nil, &answer); err != nil {
		return medusaVariant{}, err
	}
	if len(answer.Products) == 0 {
		return medusaVariant{}, errors.New("the shop has no products")
	}
	for _, product := range answer.Products {
		slices.SortFunc(product.Variants, func(a, b medusaVariant) int { return cmp.Compare(a.ID, b.ID) })
		for _, variant := range product.Variants {
			if variant.Managed && variant.Stock >= quantity && variant.Price.Amount > 0 {
				variant.product = product.ID
				return variant, nil
			}
		}
	}
	return medusaVariant{}, errors.New("the shop has no product in stock that has a price")
}

// fillCart makes a cart with everything that the customer has to say.
func (m *medusa) fillCart(ctx context.Context, region medusaRegion, chosen medusaVariant) (medusaCart, error) {
	address := map[string]string{
		"first_name": "Proof", "last_name": "Of Sale", "address_1": "1 Proof Street", "city": "Proofville",
		"postal_code": "10001", "country_code": region.country, "phone": "+15550100",
	}
	var answer struct {
		Cart medusaCart `json:"cart"`
	}
	err := m.store(ctx, http.MethodPost, "/carts", map[string]any{
		"region_id": region.ID, "email": proofEmail, "shipping_address": address, "billing_address": address,
		"items": []map[string]any{{"variant_id": chosen.ID, "quantity": quantity}},
	}, &answer)
	cart := answer.Cart
	switch {
	case err != nil:
		return cart, err
	case cart.ID == "" || cart.Email != proofEmail || cart.Currency != region.Currency:
		return cart, errors.New("the cart is not the customer's")
	case len(cart.Items) != 1 || cart.Items[0] != medusaItem{VariantID: chosen.ID, Quantity: quantity}:
		return cart, fmt.Errorf("the cart does not hold what was put in: %v", cart.Items)
	case cart.Total < chosen.Price.Amount*quantity-smallestCoin:
		return cart, fmt.Errorf("the cart is worth %v, less than its goods at %v", cart.Total, chosen.Price.Amount)
	}
	return cart, nil
}

// chooseShipping takes the cheapest way.
func (m *medusa) chooseShipping(ctx context.Context, cart medusaCart) (medusaCart, error) {
	type option struct {
		ID     string  `json:"id"`
		Amount float64 `json:"amount"`
	}
	var offered struct {
		Options []option `json:"shipping_options"`
	}
	if err := m.store(ctx, http.MethodGet, "/shipping-options?cart_id="+url.QueryEscape(cart.ID), nil, &offered); err != nil {
		return cart, err
	}
	if len(offered.Options) == 0 {
		return cart, errors.New("the shop cannot ship")
	}
	cheapest := slices.MinFunc(offered.Options, func(a, b option) int {
		return cmp.Or(cmp.Compare(a.Amount, b.Amount), strings.Compare(a.ID, b.ID))
	})
	var answer struct {
		Cart medusaCart `json:"cart"`
	}
	path := "/carts/" + url.PathEscape(cart.ID) + "/shipping-methods"
	if err := m.store(ctx, http.MethodPost, path, map[string]string{"option_id": cheapest.ID}, &answer); err != nil {
		return cart, err
	}
	if answer.Cart.ID != cart.ID || !sameMoney(answer.Cart.Total, cart.Total) && answer.Cart.Total < cart.Total {
		return cart, fmt.Errorf("the cart is worth %v with shipping, and was %v without", answer.Cart.Total, cart.Total)
	}
	return answer.Cart, nil
}

// choosePayment says that the customer pays on delivery.
func (m *medusa) choosePayment(ctx context.Context, cart medusaCart) error {
	var answer struct {
		Collection struct {
			ID     string  `json:"id"`
			Amount float64 `json:"amount"`
		} `json:"payment_collection"`
	}
	if err := m.store(ctx, http.MethodPost, "/payment-collections", map[string]string{"cart_id": cart.ID}, &answer); err != nil {
		return err
	}
	if !sameMoney(answer.Collection.Amount, cart.Total) {
		return fmt.Errorf("the shop wants %v for a cart of %v", answer.Collection.Amount, cart.Total)
	}
	path := "/payment-collections/" + url.PathEscape(answer.Collection.ID) + "/payment-sessions"
	return m.store(ctx, http.MethodPost, path, map[string]string{"provider_id": payOnDelivery}, &answer)
}

// placeOrder makes an order of the cart.
func (m *medusa) placeOrder(ctx context.Context, cart medusaCart) (medusaOrder, error) {
	var answer struct {
		Type  string      `json:"type"`
		Order medusaOrder `json:"order"`
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := m.store(ctx, http.MethodPost, "/carts/"+url.PathEscape(cart.ID)+"/complete", struct{}{}, &answer); err != nil {
		return medusaOrder{}, err
	}
	if answer.Type != "order" {
		return medusaOrder{}, &StepError{
			Status: http.StatusOK, Answer: m.summary([]byte(answer.Error.Message)), Err: errors.New("the shop did not take the order"),
		}
	}
	if answer.Order.ID == "" || answer.Order.DisplayID < 1 {
		return medusaOrder{}, errors.New("the order has no number")
	}
	wanted := medusaOrder{
		ID: answer.Order.ID, DisplayID: answer.Order.DisplayID, Email: proofEmail, Currency: cart.Currency, Total: cart.Total, Items: cart.Items,
	}
	return wanted, answer.Order.sameAs(wanted)
}

// expectStock checks how many pieces of a variant customers can buy.
func (m *medusa) expectStock(ctx context.Context, chosen medusaVariant, want int) error {
	var answer struct {
		Product struct {
			Variants []medusaVariant `json:"variants"`
		} `json:"product"`
	}
	path := "/products/" + url.PathEscape(chosen.product) + "?fields=" + url.QueryEscape("id,*variants,+variants.inventory_quantity")
	if err := m.store(ctx, http.MethodGet, path, nil, &answer); err != nil {
		return err
	}
	for _, variant := range answer.Product.Variants {
		if variant.ID != chosen.ID {
			continue
		}
		if variant.Stock != want {
			return fmt.Errorf("the shop has %d pieces, not %d; it had %d before the sale", variant.Stock, want, chosen.Stock)
		}
		return nil
	}
	return errors.New("the product is not in the shop any more")
}
