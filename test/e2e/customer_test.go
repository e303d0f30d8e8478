package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"testing"
)

// customer is a stranger: all that it knows is the shop's address.
type customer struct {
	http *http.Client
	base string
	key  string
}

var configPattern = regexp.MustCompile(`(?s)<script type="application/json" id="store-config">(.*?)</script>`)

// visit opens the shop's first page and takes from it what the page itself uses.
func (p *platform) visit(ctx context.Context, store string) (*customer, error) {
	c := &customer{http: p.http, base: p.url(store)}
	page, err := c.call(ctx, http.MethodGet, "/", nil)
	if err != nil {
		return nil, err
	}
	match := configPattern.FindSubmatch(page)
	if match == nil {
		return nil, fmt.Errorf("the first page has no store configuration: %.200s", page)
	}
	var config struct{ PublishableKey string }
	if err := json.Unmarshal(match[1], &config); err != nil {
		return nil, fmt.Errorf("read the store configuration: %w", err)
	}
	c.key = config.PublishableKey
	return c, nil
}

// call sends a request and returns the answer of a success.
func (c *customer) call(ctx context.Context, method, path string, body any, headers ...string) ([]byte, error) {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		request.Header.Set("X-Publishable-Api-Key", c.key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 {
		return nil, statusError{response.StatusCode, string(answer)}
	}
	return answer, nil
}

// statusError is an answer that is not a success.
type statusError struct {
	code   int
	answer string
}

func (e statusError) Error() string { return fmt.Sprintf("%d %.300s", e.code, e.answer) }

func ask[T any](ctx context.Context, c *customer, method, path string, body any, headers ...string) (T, error) {
	var value T
	answer, err := c.call(ctx, method, path, body, headers...)
	if err != nil {
		return value, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return value, json.Unmarshal(answer, &value)
}

type (
	withID  struct{ ID string }
	variant struct {
		ID                string
		InventoryQuantity int `json:"inventory_quantity"`
	}
	product struct {
		Handle   string
		Variants []variant
	}
	order struct {
		ID        string
		DisplayID int `json:"display_id"`
		Email     string
		Total     float64
	}
)

func (c *customer) region(ctx context.Context) (string, error) {
	answer, err := ask[struct {
		Regions []struct {
			ID           string
			CurrencyCode string `json:"currency_code"`
		}
	}](ctx, c, http.MethodGet, "/store/regions", nil)
	for _, region := range answer.Regions {
		if region.CurrencyCode == "usd" {
			return region.ID, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("no region sells in US dollars: %+v", answer)
	}
	return "", err
}

func (c *customer) products(ctx context.Context, region string) ([]product, error) {
	answer, err := ask[struct{ Products []product }](ctx, c, http.MethodGet,
		"/store/products?region_id="+region+"&fields=handle,*variants,+variants.inventory_quantity", nil)
	return answer.Products, err
}

// fillCart puts one piece of a variant in a new cart and chooses shipping and payment: all but the order.
func (c *customer) fillCart(ctx context.Context, region, variant, email string) (string, error) {
	address := map[string]string{
		"first_name": "Robin", "last_name": "Customer", "address_1": "1 Main Street", "city": "Springfield",
		"country_code": "us", "province": "IL", "postal_code": "62701", "phone": "+1 217 555 0100",
	}
	cart, err := ask[struct{ Cart withID }](ctx, c, http.MethodPost, "/store/carts", map[string]any{
		"region_id": region, "email": email, "shipping_address": address, "billing_address": address,
		"items": []map[string]any{{"variant_id": variant, "quantity": 1}},
	})
	if err != nil {
		return "", err
	}
	id := cart.Cart.ID
	options, err := ask[struct {
		ShippingOptions []withID `json:"shipping_options"`
	}](ctx, c, http.MethodGet, "/store/shipping-options?cart_id="+id, nil)
	if err != nil || len(options.ShippingOptions) == 0 {
		return "", fmt.Errorf("shipping options %+v: %w", options, err)
	}
	if _, err := c.call(ctx, http.MethodPost, "/store/carts/"+id+"/shipping-methods",
		map[string]string{"option_id": options.ShippingOptions[0].ID}); err != nil {
		return "", err
	}
	payment, err := ask[struct {
		PaymentCollection withID `json:"payment_collection"`
	}](ctx, c, http.MethodPost, "/store/payment-collections", map[string]string{"cart_id": id})
	if err != nil {
		return "", err
	}
	_, err = c.call(ctx, http.MethodPost, "/store/payment-collections/"+payment.PaymentCollection.ID+"/payment-sessions",
		map[string]string{"provider_id": "pp_system_default"})
	return id, err
}

// complete places the order of a cart. Asking again for a cart that is complete returns its order.
func (c *customer) complete(ctx context.Context, cart string) (order, error) {
	answer, err := ask[struct {
		Type  string
		Order order
	}](ctx, c, http.MethodPost, "/store/carts/"+cart+"/complete", nil)
	if err == nil && answer.Type != "order" {
		err = fmt.Errorf("the cart did not become an order: %+v", answer)
	}
	return answer.Order, err
}

// buy places an order of one piece of the shop's first product.
func (c *customer) buy(ctx context.Context, email string) (order, error) {
	region, err := c.region(ctx)
	if err != nil {
		return order{}, err
	}
	products, err := c.products(ctx, region)
	if err != nil || len(products) == 0 {
		return order{}, fmt.Errorf("products %+v: %w", products, err)
	}
	cart, err := c.fillCart(ctx, region, products[0].Variants[0].ID, email)
	if err != nil {
		return order{}, err
	}
	return c.complete(ctx, cart)
}

// signIn returns the token of a shop's administrator.
func (c *customer) signIn(ctx context.Context, email, password string) (string, error) {
	answer, err := ask[struct{ Token string }](ctx, c, http.MethodPost, "/auth/user/emailpass",
		map[string]string{"email": email, "password": password})
	return answer.Token, err
}

// orders returns all the orders that the administrator sees.
func (c *customer) orders(ctx context.Context, token string) ([]order, error) {
	answer, err := ask[struct{ Orders []order }](ctx, c, http.MethodGet,
		"/admin/orders?limit=1000&fields=id,display_id,email,total", nil, "Authorization", "Bearer "+token)
	return answer.Orders, err
}

// credentialsJSON is what `store credentials -o json` prints.
type credentialsJSON struct{ Email, Password, PublishableKey, AdminURL string }

func (p *platform) credentials(t *testing.T, store string) credentialsJSON {
	t.Helper()
	return decode[credentialsJSON](t, p.must(t, "store", "credentials", store, "-o", "json"))
}
