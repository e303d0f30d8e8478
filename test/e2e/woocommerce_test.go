package e2e

import (
	"context"
	"crypto/md5" // #nosec G501 -- WordPress names cookies by it
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
)

const storeAPI = "/wp-json/wc/store/v1"

// woocommerce is a customer of a WooCommerce shop.
type woocommerce struct{ *browser }

func (p *platform) visitWooCommerce(ctx context.Context, store string) (*woocommerce, error) {
	w := &woocommerce{&browser{http: p.http, base: p.url(store), header: http.Header{}}}
	_, err := w.page(ctx)
	return w, err
}

func (w *woocommerce) page(ctx context.Context) (string, error) {
	page, err := w.call(ctx, http.MethodGet, "/", nil)
	return string(page), err
}

// wooOrder is an order in the administration's REST API.
type wooOrder struct {
	ID      int
	Number  string
	Status  string
	Total   string
	Billing struct{ Email string }
}

func (w *woocommerce) buy(ctx context.Context, email string) (order, error) {
	token, err := w.fillCart(ctx)
	if err != nil {
		return order{}, err
	}
	return w.checkout(ctx, token, email)
}

// fillCart puts one piece of a product that is in stock into a new cart and returns the cart's token.
func (w *woocommerce) fillCart(ctx context.Context) (string, error) {
	products, err := ask[[]struct {
		ID          int
		Type        string
		IsInStock   bool `json:"is_in_stock"`
		Purchasable bool `json:"is_purchasable"`
	}](ctx, w.browser, http.MethodGet, storeAPI+"/products?type=simple&stock_status=instock", nil)
	if err != nil || len(products) == 0 {
		return "", fmt.Errorf("products %+v: %w", products, err)
	}
	response, answer, err := w.send(ctx, http.MethodGet, storeAPI+"/cart", nil)
	if err != nil {
		return "", err
	}
	token := response.Header.Get("Cart-Token")
	if token == "" {
		return "", fmt.Errorf("the cart has no token: %d %.300s", response.StatusCode, answer)
	}
	_, err = w.call(ctx, http.MethodPost, storeAPI+"/cart/add-item", map[string]any{"id": products[0].ID, "quantity": 1}, "Cart-Token", token)
	return token, err
}

func (w *woocommerce) stock(ctx context.Context) (int, error) {
	products, err := ask[[]struct {
		AddToCart struct{ Maximum int } `json:"add_to_cart"`
	}](ctx, w.browser, http.MethodGet, storeAPI+"/products?type=simple&per_page=100", nil)
	pieces := 0
	for _, product := range products {
		pieces += product.AddToCart.Maximum
	}
	return pieces, err
}

// checkout places the order of a cart, to be paid on delivery.
func (w *woocommerce) checkout(ctx context.Context, token, email string) (order, error) {
	address := map[string]string{
		"first_name": "Robin", "last_name": "Customer", "address_1": "1 Main Street", "city": "Springfield",
		"country": "US", "state": "IL", "postcode": "62701", "phone": "+1 217 555 0100", "email": email,
	}
	details := map[string]any{"billing_address": address, "shipping_address": address}
	cart, err := ask[struct {
		Totals struct {
			TotalPrice string `json:"total_price"`
			MinorUnit  int    `json:"currency_minor_unit"`
		}
	}](ctx, w.browser, http.MethodPost, storeAPI+"/cart/update-customer", details, "Cart-Token", token)
	if err != nil {
		return order{}, err
	}
	details["payment_method"], details["payment_data"] = "cod", []any{}
	placed, err := ask[struct {
		OrderID int    `json:"order_id"`
		Number  string `json:"order_number"`
		Status  string
	}](ctx, w.browser, http.MethodPost, storeAPI+"/checkout", details, "Cart-Token", token)
	if err != nil {
		return order{}, err
	}
	if placed.OrderID == 0 || placed.Status != "processing" {
		return order{}, fmt.Errorf("the cart did not become an order: %+v", placed)
	}
	total, err := strconv.ParseFloat(cart.Totals.TotalPrice, 64)
	for range cart.Totals.MinorUnit {
		total /= 10
	}
	return order{ID: strconv.Itoa(placed.OrderID), Number: placed.Number, Email: email, Total: total}, err
}

// wooOwner is signed in to a WooCommerce shop.
type wooOwner struct{ *browser }

func (w *woocommerce) signIn(ctx context.Context, email, password string) (owner, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	session := &http.Client{Transport: w.http.Transport, Timeout: w.http.Timeout, Jar: jar, CheckRedirect: stay}
	o := &wooOwner{&browser{http: session, base: w.base, header: http.Header{}}}
	// The login form sets a cookie to see whether cookies work.
	if _, _, err := o.send(ctx, http.MethodGet, "/wp-login.php", nil); err != nil {
		return nil, err
	}
	form := url.Values{"log": {email}, "pwd": {password}, "wp-submit": {"Log In"}, "testcookie": {"1"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+"/wp-login.php", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, answer, err := o.do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusFound {
		return nil, statusError{response.StatusCode, string(answer)}
	}
	return o, o.nonce(ctx)
}

// nonce gets what a signed-in browser needs for the REST API.
func (o *wooOwner) nonce(ctx context.Context) error {
	nonce, err := o.call(ctx, http.MethodGet, "/wp-admin/admin-ajax.php?action=rest-nonce", nil)
	if err == nil {
		o.header.Set("X-Wp-Nonce", string(nonce))
	}
	return err
}

func (o *wooOwner) orders(ctx context.Context) ([]order, error) {
	const size = 100
	var orders []order
	for page := 1; page <= 20; page++ {
		found, err := ask[[]wooOrder](ctx, o.browser, http.MethodGet, fmt.Sprintf("/wp-json/wc/v3/orders?per_page=%d&page=%d", size, page), nil)
		if err != nil {
			return nil, err
		}
		for _, one := range found {
			total, err := strconv.ParseFloat(one.Total, 64)
			if err != nil {
				return nil, err
			}
			orders = append(orders, order{ID: strconv.Itoa(one.ID), Number: one.Number, Email: one.Billing.Email, Total: total})
		}
		if len(found) < size {
			return orders, nil
		}
	}
	return nil, errors.New("more orders than the test can have placed")
}

func (o *wooOwner) untouched(ctx context.Context) error {
	products, err := ask[[]struct {
		SKU        string
		TotalSales int  `json:"total_sales"`
		Managed    bool `json:"manage_stock"`
		Stock      *int `json:"stock_quantity"`
	}](ctx, o.browser, http.MethodGet, "/wp-json/wc/v3/products?per_page=100", nil)
	if err != nil || len(products) == 0 {
		return fmt.Errorf("products %+v: %w", products, err)
	}
	for _, product := range products {
		if product.TotalSales != 0 || product.Managed && (product.Stock == nil || *product.Stock <= 0) {
			return fmt.Errorf("product %s is %+v", product.SKU, product)
		}
	}
	customers, err := ask[[]struct{ Email string }](ctx, o.browser, http.MethodGet, "/wp-json/wc/v3/customers?role=customer", nil)
	if err != nil || len(customers) != 0 {
		return fmt.Errorf("customers %+v, want none: %w", customers, err)
	}
	report, err := ask[struct {
		Totals struct {
			OrdersCount int `json:"orders_count"`
		}
	}](ctx, o.browser, http.MethodGet, "/wp-json/wc-analytics/reports/revenue/stats?interval=day", nil)
	if err != nil || report.Totals.OrdersCount != 0 {
		return fmt.Errorf("the report counts %d orders: %w", report.Totals.OrdersCount, err)
	}
	return nil
}

// refuses brings another shop's session cookies under the names that this shop's cookies have.
func (w *woocommerce) refuses(ctx context.Context, theirs owner, _ map[string]string) error {
	stranger, ok := theirs.(*wooOwner)
	if !ok {
		return fmt.Errorf("a %T is no owner of a WooCommerce shop", theirs)
	}
	home, err := url.Parse(stranger.base + "/wp-admin/")
	if err != nil {
		return err
	}
	var cookies []string
	for _, cookie := range stranger.http.Jar.Cookies(home) {
		if name, found := strings.CutSuffix(cookie.Name, cookieHash(stranger.base)); found {
			cookies = append(cookies, name+cookieHash(w.base)+"="+cookie.Value)
		}
	}
	if len(cookies) < 2 {
		return fmt.Errorf("the other store's session has %d cookies, want those of the site and of the administration", len(cookies))
	}
	header := http.Header{"Cookie": {strings.Join(cookies, "; ")}, "X-Wp-Nonce": stranger.header["X-Wp-Nonce"]}
	thief := &wooOwner{&browser{http: w.http, base: w.base, header: header}}
	if orders, err := thief.orders(ctx); err == nil {
		return fmt.Errorf("another store's session reads the orders: %+v", orders)
	}
	return nil
}

// cookieHash is what WordPress appends to the names of a site's cookies (COOKIEHASH).
func cookieHash(site string) string {
	sum := md5.Sum([]byte(site)) // #nosec G401 -- a name, not a secret
	return hex.EncodeToString(sum[:])
}
