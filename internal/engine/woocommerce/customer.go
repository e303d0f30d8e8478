package woocommerce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"shopflow.dev/shopflow/internal/shopper"
)

const (
	// cashOnDelivery is WooCommerce's payment method for paying later.
	cashOnDelivery = "cod"
	// uncounted is the maximum that WooCommerce names for a product whose stock it does not count.
	uncounted = 9999
)

var bodyPattern = regexp.MustCompile(`(?is)<body\b[^>]*\bclass=["'][^"']*\bwoocommerce`)

// address is as much of an address as decides on shipping.
type address struct {
	Country  string `json:"country"`
	State    string `json:"state"`
	Postcode string `json:"postcode"`
	Email    string `json:"email"`
}

// money says how amounts are written: in the currency's smallest coins.
type money struct {
	Currency string `json:"currency_code"`
	Digits   int    `json:"currency_minor_unit"`
}

// amount reads an amount in whole units.
func (m money) amount(text string) (float64, error) {
	coins, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("amount of money: %w", err)
	}
	return coins / math.Pow10(m.Digits), nil
}

func (m money) currency() string { return strings.ToLower(m.Currency) }

type productAnswer struct {
	ID          int  `json:"id"`
	InStock     bool `json:"is_in_stock"`
	Purchasable bool `json:"is_purchasable"`
	AddToCart   struct {
		Minimum int `json:"minimum"`
		Maximum int `json:"maximum"`
	} `json:"add_to_cart"`
	Prices struct {
		money
		Price string `json:"price"`
	} `json:"prices"`
}

// stock is how many pieces a customer can buy.
func (p productAnswer) stock() int {
	if !p.InStock {
		return 0
	}
	return p.AddToCart.Maximum
}

type rate struct {
	ID       string `json:"rate_id"`
	Price    string `json:"price"`
	Selected bool   `json:"selected"`
	money
}

type parcel struct {
	ID    any    `json:"package_id"`
	Rates []rate `json:"shipping_rates"`
}

type cartAnswer struct {
	Items []struct {
		ID       int     `json:"id"`
		Quantity float64 `json:"quantity"`
	} `json:"items"`
	Billing       address  `json:"billing_address"`
	Shipping      address  `json:"shipping_address"`
	NeedsShipping bool     `json:"needs_shipping"`
	Packages      []parcel `json:"shipping_rates"`
	Payments      []string `json:"payment_methods"`
	Totals        struct {
		money
		Total string `json:"total_price"`
	} `json:"totals"`
}

// cart returns what the proof checks. The ID of a cart is its token.
func (c cartAnswer) cart(token string) (shopper.Cart, error) {
	total, err := c.Totals.amount(c.Totals.Total)
	cart := shopper.Cart{ID: token, Email: c.Billing.Email, Currency: c.Totals.currency(), Total: total}
	for _, i := range c.Items {
		cart.Items = append(cart.Items, shopper.Item{Product: strconv.Itoa(i.ID), Quantity: i.Quantity})
	}
	return cart, err
}

// storeAPI is where the shop's own API is.
const storeAPI = "/wp-json/wc/store/v1"

// get reads what every visitor may read.
func (w *shop) get(ctx context.Context, path string, out any) error {
	return w.JSON(ctx, shopper.Request{Method: http.MethodGet, Path: storeAPI + path}, out)
}

// post changes the customer's cart.
func (w *shop) post(ctx context.Context, path string, body, out any) error {
	header := http.Header{"Cart-Token": {w.token}}
	return w.soldOut(w.JSON(ctx, shopper.Request{Method: http.MethodPost, Path: storeAPI + path, Header: header, Body: body}, out))
}

// Open checks that the page is WooCommerce's, and that it links to this store's address.
func (w *shop) Open(ctx context.Context) error {
	page, err := w.FirstPage(ctx)
	if err != nil {
		return err
	}
	if !bodyPattern.Match(page) {
		return errors.New("the first page is not a WooCommerce storefront")
	}
	if !regexp.MustCompile(`(?i)\bhref=["']` + regexp.QuoteMeta(w.Address()) + `["'/?#]`).Match(page) {
		return errors.New("the first page does not link to the store's own address")
	}
	return nil
}

// ChooseProduct also gets an empty cart, as its token is needed to fill it.
func (w *shop) ChooseProduct(ctx context.Context) (chosen shopper.Product, err error) {
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		if w.token != "" {
			return nil
		}
		return w.newCart(both)
	})
	group.Go(func() error {
		chosen, err = w.pick(both)
		return err
	})
	err = group.Wait()
	return chosen, err
}

// newCart gets the token of a new cart, and where the shop assumes its customers to live.
func (w *shop) newCart(ctx context.Context) error {
	empty := shopper.Request{Method: http.MethodGet, Path: storeAPI + "/cart"}
	answer, err := w.Do(ctx, empty)
	if err != nil {
		return err
	}
	var fresh cartAnswer
	if err := w.Decode(empty, answer, &fresh); err != nil {
		return err
	}
	w.token, w.region = answer.Header.Get("Cart-Token"), fresh.Shipping
	if w.token == "" {
		return errors.New("the shop returned no cart")
	}
	w.Redact(w.token)
	return nil
}

// pick looks at simple products first, then at variations. In a check, one whose stock is not counted will do if there is no other.
func (w *shop) pick(ctx context.Context) (shopper.Product, error) {
	some, uncountable := false, shopper.Product{}
	for _, kind := range []string{"simple", "variation"} {
		var found []productAnswer
		query := url.Values{"type": {kind}, "per_page": {"50"}, "orderby": {"slug"}, "order": {"asc"}}
		if err := w.get(ctx, "/products?"+query.Encode(), &found); err != nil {
			return shopper.Product{}, err
		}
		for _, one := range found {
			some = true
			price, err := one.Prices.amount(one.Prices.Price)
			if err != nil {
				return shopper.Product{}, err
			}
			if !one.Purchasable || one.AddToCart.Minimum > shopper.Quantity || one.stock() < shopper.Quantity || price <= 0 {
				continue
			}
			product := shopper.Product{ID: strconv.Itoa(one.ID), Stock: one.stock(), Price: price, Currency: one.Prices.currency()}
			if one.stock() < uncounted {
				return product, nil
			}
			uncountable = product
		}
	}
	switch {
	case w.Checks() && uncountable.ID != "":
		return uncountable, nil
	case !some:
		return shopper.Product{}, shopper.ErrNoProducts
	default:
		return shopper.Product{}, shopper.ErrSoldOut
	}
}

func (w *shop) FillCart(ctx context.Context, chosen shopper.Product) (shopper.Cart, error) {
	id, err := strconv.Atoi(chosen.ID)
	if err != nil {
		return shopper.Cart{}, fmt.Errorf("ID of the product: %w", err)
	}
	if _, err := w.put(ctx, "/cart/add-item", map[string]int{"id": id, "quantity": shopper.Quantity}); err != nil {
		return shopper.Cart{}, err
	}
	return w.put(ctx, "/cart/update-customer", w.addresses())
}

// put changes the cart and returns what it is then.
func (w *shop) put(ctx context.Context, path string, change any) (shopper.Cart, error) {
	var changed cartAnswer
	if err := w.post(ctx, path, change, &changed); err != nil {
		return shopper.Cart{}, err
	}
	w.packages, w.payments, w.needsShipping = changed.Packages, changed.Payments, changed.NeedsShipping
	return changed.cart(w.token)
}

func (w *shop) ChooseShipping(ctx context.Context, filled shopper.Cart) (shopper.Cart, error) {
	for _, one := range w.packages {
		cheapest, err := cheapestRate(one.Rates)
		if err != nil {
			return filled, err
		}
		if cheapest.Selected {
			continue
		}
		if filled, err = w.put(ctx, "/cart/select-shipping-rate", map[string]any{"package_id": one.ID, "rate_id": cheapest.ID}); err != nil {
			return filled, err
		}
	}
	if w.needsShipping && len(w.packages) == 0 {
		return filled, shopper.ErrNoShipping
	}
	return filled, nil
}

func cheapestRate(rates []rate) (rate, error) {
	if len(rates) == 0 {
		return rate{}, shopper.ErrNoShipping
	}
	prices := map[string]float64{}
	for _, offered := range rates {
		price, err := offered.amount(offered.Price)
		if err != nil {
			return rate{}, err
		}
		prices[offered.ID] = price
	}
	return slices.MinFunc(rates, func(a, b rate) int {
		return cmp.Or(cmp.Compare(prices[a.ID], prices[b.ID]), strings.Compare(a.ID, b.ID))
	}), nil
}

// ChoosePayment checks that the shop offers cash on delivery. PlaceOrder selects it.
func (w *shop) ChoosePayment(_ context.Context, _ shopper.Cart) error {
	if len(w.payments) == 0 {
		return shopper.ErrNoPayment
	}
	if !slices.Contains(w.payments, cashOnDelivery) {
		return fmt.Errorf("%w, but %s", shopper.ErrNoPayment, strings.Join(w.payments, ", "))
	}
	return nil
}

func (w *shop) PlaceOrder(ctx context.Context, _ shopper.Cart) (id, number string, err error) {
	checkout := w.addresses()
	checkout["payment_method"], checkout["payment_data"], checkout["customer_note"] = cashOnDelivery, []any{}, ""
	var answer struct {
		ID      int     `json:"order_id"`
		Number  string  `json:"order_number"`
		Billing address `json:"billing_address"`
		Payment struct {
			Status string `json:"payment_status"`
		} `json:"payment_result"`
	}
	if err := w.post(ctx, "/checkout", checkout, &answer); err != nil {
		return "", "", err
	}
	switch {
	case answer.Payment.Status != "success":
		return "", "", fmt.Errorf("the payment is %q", answer.Payment.Status)
	case answer.ID < 1 || answer.Number == "":
		return "", "", errors.New("the order has no number")
	case answer.Billing.Email != w.Email():
		return "", "", errors.New("the order is another customer's")
	}
	return strconv.Itoa(answer.ID), answer.Number, nil
}

func (w *shop) Stock(ctx context.Context, chosen shopper.Product) (int, error) {
	var found productAnswer
	err := w.get(ctx, "/products/"+url.PathEscape(chosen.ID), &found)
	return found.stock(), err
}
