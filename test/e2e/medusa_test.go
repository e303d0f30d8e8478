package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"testing"
)

const keyHeader = "X-Publishable-Api-Key"

var configPattern = regexp.MustCompile(`(?s)<script type="application/json" id="store-config">(.*?)</script>`)

// medusa is a customer of a Medusa shop.
type medusa struct {
	*browser
	key string
}

// visitMedusa opens the shop's first page and takes from it what the page itself uses.
func (p *platform) visitMedusa(ctx context.Context, store string) (*medusa, error) {
	m := &medusa{browser: &browser{http: p.http, base: p.url(store), header: http.Header{}}}
	page, err := m.page(ctx)
	if err != nil {
		return nil, err
	}
	match := configPattern.FindStringSubmatch(page)
	if match == nil {
		return nil, fmt.Errorf("the first page has no store configuration: %.200s", page)
	}
	var config struct{ PublishableKey string }
	if err := json.Unmarshal([]byte(match[1]), &config); err != nil {
		return nil, fmt.Errorf("read the store configuration: %w", err)
	}
	m.key = config.PublishableKey
	m.header.Set(keyHeader, m.key)
	return m, nil
}

func (m *medusa) page(ctx context.Context) (string, error) {
	page, err := m.call(ctx, http.MethodGet, "/", nil)
	return string(page), err
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
	medusaOrder struct {
		ID        string
		DisplayID int `json:"display_id"`
		Email     string
		Total     float64
	}
)

func (o medusaOrder) order() order {
	return order{ID: o.ID, Number: strconv.Itoa(o.DisplayID), Email: o.Email, Total: o.Total}
}

func (m *medusa) region(ctx context.Context) (string, error) {
	answer, err := ask[struct {
		Regions []struct {
			ID           string
			CurrencyCode string `json:"currency_code"`
		}
	}](ctx, m.browser, http.MethodGet, "/store/regions", nil)
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

func (m *medusa) products(ctx context.Context, region string) ([]product, error) {
	answer, err := ask[struct{ Products []product }](ctx, m.browser, http.MethodGet,
		"/store/products?region_id="+region+"&fields=handle,*variants,+variants.inventory_quantity", nil)
	return answer.Products, err
}

func (m *medusa) stock(ctx context.Context) (int, error) {
	region, err := m.region(ctx)
	if err != nil {
		return 0, err
	}
	products, err := m.products(ctx, region)
	pieces := 0
	for _, product := range products {
		for _, variant := range product.Variants {
			pieces += variant.InventoryQuantity
		}
	}
	return pieces, err
}

// fillCart puts one piece of a variant in a new cart and chooses shipping and payment: all but the order.
func (m *medusa) fillCart(ctx context.Context, region, variant, email string) (string, error) {
	address := map[string]string{
		"first_name": "Robin", "last_name": "Customer", "address_1": "1 Main Street", "city": "Springfield",
		"country_code": "us", "province": "IL", "postal_code": "62701", "phone": "+1 217 555 0100",
	}
	cart, err := ask[struct{ Cart withID }](ctx, m.browser, http.MethodPost, "/store/carts", map[string]any{
		"region_id": region, "email": email, "shipping_address": address, "billing_address": address,
		"items": []map[string]any{{"variant_id": variant, "quantity": 1}},
	})
	if err != nil {
		return "", err
	}
	id := cart.Cart.ID
	options, err := ask[struct {
		ShippingOptions []withID `json:"shipping_options"`
	}](ctx, m.browser, http.MethodGet, "/store/shipping-options?cart_id="+id, nil)
	if err != nil || len(options.ShippingOptions) == 0 {
		return "", fmt.Errorf("shipping options %+v: %w", options, err)
	}
	if _, err := m.call(ctx, http.MethodPost, "/store/carts/"+id+"/shipping-methods",
		map[string]string{"option_id": options.ShippingOptions[0].ID}); err != nil {
		return "", err
	}
	payment, err := ask[struct {
		PaymentCollection withID `json:"payment_collection"`
	}](ctx, m.browser, http.MethodPost, "/store/payment-collections", map[string]string{"cart_id": id})
	if err != nil {
		return "", err
	}
	_, err = m.call(ctx, http.MethodPost, "/store/payment-collections/"+payment.PaymentCollection.ID+"/payment-sessions",
		map[string]string{"provider_id": "pp_system_default"})
	return id, err
}

// complete places the order of a cart. Asking again for a cart that is complete returns its order.
func (m *medusa) complete(ctx context.Context, cart string) (order, error) {
	answer, err := ask[struct {
		Type  string
		Order medusaOrder
	}](ctx, m.browser, http.MethodPost, "/store/carts/"+cart+"/complete", nil)
	if err == nil && answer.Type != "order" {
		err = fmt.Errorf("the cart did not become an order: %+v", answer)
	}
	return answer.Order.order(), err
}

// buy places an order of one piece of the shop's first product.
func (m *medusa) buy(ctx context.Context, email string) (order, error) {
	region, err := m.region(ctx)
	if err != nil {
		return order{}, err
	}
	products, err := m.products(ctx, region)
	if err != nil || len(products) == 0 {
		return order{}, fmt.Errorf("products %+v: %w", products, err)
	}
	cart, err := m.fillCart(ctx, region, products[0].Variants[0].ID, email)
	if err != nil {
		return order{}, err
	}
	return m.complete(ctx, cart)
}

// medusaOwner is signed in to a Medusa shop.
type medusaOwner struct {
	*browser
	token string
}

func (m *medusa) signIn(ctx context.Context, email, password string) (owner, error) {
	answer, err := ask[struct{ Token string }](ctx, m.browser, http.MethodPost, "/auth/user/emailpass",
		map[string]string{"email": email, "password": password})
	if err != nil {
		return nil, err
	}
	return m.with(answer.Token), nil
}

// with returns the shop's administration as the holder of a token sees it.
func (m *medusa) with(token string) *medusaOwner {
	header := http.Header{"Authorization": {"Bearer " + token}}
	return &medusaOwner{browser: &browser{http: m.http, base: m.base, header: header}, token: token}
}

func (o *medusaOwner) orders(ctx context.Context) ([]order, error) {
	answer, err := ask[struct{ Orders []medusaOrder }](ctx, o.browser, http.MethodGet,
		"/admin/orders?limit=1000&fields=id,display_id,email,total", nil)
	orders := make([]order, len(answer.Orders))
	for i, found := range answer.Orders {
		orders[i] = found.order()
	}
	return orders, err
}

func (o *medusaOwner) untouched(ctx context.Context) error {
	levels, err := ask[struct {
		Items []struct {
			SKU      string
			Reserved int `json:"reserved_quantity"`
			Stocked  int `json:"stocked_quantity"`
		} `json:"inventory_items"`
	}](ctx, o.browser, http.MethodGet, "/admin/inventory-items?limit=100", nil)
	if err != nil || len(levels.Items) == 0 {
		return fmt.Errorf("inventory %+v: %w", levels, err)
	}
	for _, item := range levels.Items {
		if item.Reserved != 0 || item.Stocked <= 0 {
			return fmt.Errorf("stock of %s is %+v", item.SKU, item)
		}
	}
	for _, path := range []string{"/admin/customers", "/admin/reservations"} {
		answer, err := ask[struct{ Count int }](ctx, o.browser, http.MethodGet, path, nil)
		if err != nil || answer.Count != 0 {
			return fmt.Errorf("%s: %+v, want none: %w", path, answer, err)
		}
	}
	return nil
}

func (m *medusa) refuses(ctx context.Context, theirs owner, keys map[string]string) error {
	stranger, ok := theirs.(*medusaOwner)
	if !ok {
		return fmt.Errorf("a %T is no owner of a Medusa shop", theirs)
	}
	// The users have the same ids in both shops.
	if orders, err := m.with(stranger.token).orders(ctx); err == nil {
		return fmt.Errorf("another store's token reads the orders: %+v", orders)
	}
	foreign := &medusa{browser: &browser{http: m.http, base: m.base, header: http.Header{keyHeader: {keys["publishable-key"]}}}}
	if region, err := foreign.region(ctx); err == nil {
		return fmt.Errorf("another store's publishable key opens the shop: region %s", region)
	}
	return nil
}

// TestMedusaFindsItsOrders looks an order up as its customer does.
func TestMedusaFindsItsOrders(t *testing.T) {
	p := connect(t)
	p.create(t, "medusa", "looked-up")
	m, err := p.visitMedusa(t.Context(), "looked-up")
	if err != nil {
		t.Fatal(err)
	}
	if login := p.credentials(t, "looked-up"); login.PublishableKey != m.key {
		t.Error("the storefront's publishable key is not the store's")
	}
	placed, err := m.buy(t.Context(), "robin@example.com")
	if err != nil {
		t.Fatal(err)
	}
	found, err := ask[struct {
		OrderID string `json:"order_id"`
	}](t.Context(), m.browser, http.MethodGet, "/store/order-lookup?number=1&email=robin@example.com", nil)
	if err != nil || found.OrderID != placed.ID {
		t.Errorf("the look-up found %+v, %v", found, err)
	}
	for _, query := range []string{"number=1&email=else@example.com", "number=2&email=robin@example.com"} {
		var refused statusError
		if _, err := m.call(t.Context(), http.MethodGet, "/store/order-lookup?"+query, nil); !errors.As(err, &refused) || refused.code != http.StatusNotFound {
			t.Errorf("the look-up of %s gave %v, want 404", query, err)
		}
	}
}
