package shopper

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
)

const (
	// cashOnDelivery is WooCommerce's own way to pay later.
	cashOnDelivery = "cod"
	// uncounted is how many pieces WooCommerce sells at once of what it does not count.
	uncounted = 9999
)

// wooAddress is as much of an address as decides on shipping.
type wooAddress struct {
	Country  string `json:"country"`
	State    string `json:"state"`
	Postcode string `json:"postcode"`
	Email    string `json:"email"`
}

// wooMoney says how amounts are written: in the currency's smallest coins.
type wooMoney struct {
	Currency string `json:"currency_code"`
	Digits   int    `json:"currency_minor_unit"`
}

// amount reads an amount in whole units.
func (m wooMoney) amount(text string) (float64, error) {
	coins, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("amount of money: %w", err)
	}
	return coins / math.Pow10(m.Digits), nil
}

func (m wooMoney) currency() string { return strings.ToLower(m.Currency) }

type wooProduct struct {
	ID          int  `json:"id"`
	InStock     bool `json:"is_in_stock"`
	Purchasable bool `json:"is_purchasable"`
	AddToCart   struct {
		Minimum int `json:"minimum"`
		Maximum int `json:"maximum"`
	} `json:"add_to_cart"`
	Prices struct {
		wooMoney
		Price string `json:"price"`
	} `json:"prices"`
}

// stock is how many pieces a customer can buy.
func (p wooProduct) stock() int {
	if !p.InStock {
		return 0
	}
	return p.AddToCart.Maximum
}

type wooRate struct {
	ID       string `json:"rate_id"`
	Price    string `json:"price"`
	Selected bool   `json:"selected"`
	wooMoney
}

type wooPackage struct {
	ID    any       `json:"package_id"`
	Rates []wooRate `json:"shipping_rates"`
}

type wooCart struct {
	Items []struct {
		ID       int     `json:"id"`
		Quantity float64 `json:"quantity"`
	} `json:"items"`
	Billing  wooAddress   `json:"billing_address"`
	Shipping wooAddress   `json:"shipping_address"`
	Needs    bool         `json:"needs_shipping"`
	Packages []wooPackage `json:"shipping_rates"`
	Payments []string     `json:"payment_methods"`
	Totals   struct {
		wooMoney
		Total string `json:"total_price"`
	} `json:"totals"`
}

// plain returns what the proof wants to know. A cart is called by its token.
func (c wooCart) plain(token string) (cart, error) {
	total, err := c.Totals.amount(c.Totals.Total)
	plain := cart{id: token, email: c.Billing.Email, currency: c.Totals.currency(), total: total}
	for _, i := range c.Items {
		plain.items = append(plain.items, item{product: strconv.Itoa(i.ID), quantity: i.Quantity})
	}
	return plain, err
}

// storeAPI is where the shop's own API is.
const storeAPI = "/wp-json/wc/store/v1"

// look makes a request that anybody may make.
func (w *wooCommerce) look(ctx context.Context, path string, out any) error {
	return w.ask(ctx, request{method: http.MethodGet, path: storeAPI + path}, out)
}

// shop makes a request of the customer with the cart.
func (w *wooCommerce) shop(ctx context.Context, path string, body, out any) error {
	header := http.Header{"Cart-Token": {w.token}}
	return w.ask(ctx, request{method: http.MethodPost, path: storeAPI + path, header: header, body: body}, out)
}

// open checks that the page is WooCommerce's, and that it leads to this store's address and to no other.
func (w *wooCommerce) open(ctx context.Context) error {
	page, err := w.knock(ctx, request{method: http.MethodGet, path: "/", header: http.Header{"Accept": {"text/html"}}})
	if err != nil {
		return err
	}
	if !regexp.MustCompile(`(?is)<body\b[^>]*\bclass=["'][^"']*\bwoocommerce`).Match(page.body) {
		return errors.New("the first page is no storefront: WooCommerce has no part in it")
	}
	if !regexp.MustCompile(`(?i)\bhref=["']` + regexp.QuoteMeta(w.address()) + `["'/?#]`).Match(page.body) {
		return errors.New("the first page does not lead to the store's own address")
	}
	return nil
}

// choose begins a cart beside, as the token of an empty one is needed to fill it.
func (w *wooCommerce) choose(ctx context.Context) (chosen product, err error) {
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		if w.token != "" {
			return nil
		}
		return w.takeCart(both)
	})
	group.Go(func() error {
		chosen, err = w.pick(both)
		return err
	})
	err = group.Wait()
	return chosen, err
}

// takeCart gets the token of a new cart, and where the shop takes its customers to live.
func (w *wooCommerce) takeCart(ctx context.Context) error {
	empty := request{method: http.MethodGet, path: storeAPI + "/cart"}
	answer, err := w.fetch(ctx, empty)
	if err != nil {
		return err
	}
	var fresh wooCart
	if err := w.read(empty, answer, &fresh); err != nil {
		return err
	}
	w.token, w.region = answer.header.Get("Cart-Token"), fresh.Shipping
	if w.token == "" {
		return errors.New("the shop gave no cart")
	}
	w.keepSecret(w.token)
	return nil
}

// pick looks through the plain products first, then through those that come in variations.
func (w *wooCommerce) pick(ctx context.Context) (product, error) {
	some := false
	for _, kind := range []string{"simple", "variation"} {
		var found []wooProduct
		query := url.Values{"type": {kind}, "per_page": {"50"}, "orderby": {"slug"}, "order": {"asc"}}
		if err := w.look(ctx, "/products?"+query.Encode(), &found); err != nil {
			return product{}, err
		}
		for _, one := range found {
			some = true
			price, err := one.Prices.amount(one.Prices.Price)
			if err != nil {
				return product{}, err
			}
			if one.Purchasable && one.AddToCart.Minimum <= quantity && one.stock() >= quantity && one.stock() < uncounted && price > 0 {
				return product{id: strconv.Itoa(one.ID), stock: one.stock(), price: price, currency: one.Prices.currency()}, nil
			}
		}
	}
	if !some {
		return product{}, errors.New("the shop has no products")
	}
	return product{}, errors.New("the shop has no product in stock that has a price")
}

func (w *wooCommerce) fillCart(ctx context.Context, chosen product) (cart, error) {
	id, err := strconv.Atoi(chosen.id)
	if err != nil {
		return cart{}, fmt.Errorf("ID of the product: %w", err)
	}
	if _, err := w.put(ctx, "/cart/add-item", map[string]int{"id": id, "quantity": quantity}); err != nil {
		return cart{}, err
	}
	return w.put(ctx, "/cart/update-customer", w.addresses())
}

// put changes the cart and returns what it is then.
func (w *wooCommerce) put(ctx context.Context, path string, change any) (cart, error) {
	var changed wooCart
	if err := w.shop(ctx, path, change, &changed); err != nil {
		return cart{}, err
	}
	w.packages, w.payments, w.needs = changed.Packages, changed.Payments, changed.Needs
	return changed.plain(w.token)
}

func (w *wooCommerce) chooseShipping(ctx context.Context, filled cart) (cart, error) {
	for _, parcel := range w.packages {
		cheapest, err := cheapestRate(parcel.Rates)
		if err != nil {
			return filled, err
		}
		if cheapest.Selected {
			continue
		}
		if filled, err = w.put(ctx, "/cart/select-shipping-rate", map[string]any{"package_id": parcel.ID, "rate_id": cheapest.ID}); err != nil {
			return filled, err
		}
	}
	if w.needs && len(w.packages) == 0 {
		return filled, errors.New("the shop cannot ship")
	}
	return filled, nil
}

func cheapestRate(rates []wooRate) (wooRate, error) {
	if len(rates) == 0 {
		return wooRate{}, errors.New("the shop cannot ship")
	}
	prices := map[string]float64{}
	for _, rate := range rates {
		price, err := rate.amount(rate.Price)
		if err != nil {
			return wooRate{}, err
		}
		prices[rate.ID] = price
	}
	return slices.MinFunc(rates, func(a, b wooRate) int {
		return cmp.Or(cmp.Compare(prices[a.ID], prices[b.ID]), strings.Compare(a.ID, b.ID))
	}), nil
}

// choosePayment looks whether the shop offers to pay on delivery. The order says that it is taken.
func (w *wooCommerce) choosePayment(_ context.Context, _ cart) error {
	if !slices.Contains(w.payments, cashOnDelivery) {
		return fmt.Errorf("the shop takes %v and no payment on delivery", w.payments)
	}
	return nil
}

func (w *wooCommerce) placeOrder(ctx context.Context, _ cart) (id, number string, err error) {
	wish := w.addresses()
	wish["payment_method"], wish["payment_data"], wish["customer_note"] = cashOnDelivery, []any{}, ""
	var answer struct {
		ID      int        `json:"order_id"`
		Number  string     `json:"order_number"`
		Billing wooAddress `json:"billing_address"`
		Payment struct {
			Status string `json:"payment_status"`
		} `json:"payment_result"`
	}
	if err := w.shop(ctx, "/checkout", wish, &answer); err != nil {
		return "", "", err
	}
	switch {
	case answer.Payment.Status != "success":
		return "", "", fmt.Errorf("the payment is %q", answer.Payment.Status)
	case answer.ID < 1 || answer.Number == "":
		return "", "", errors.New("the order has no number")
	case answer.Billing.Email != proofEmail:
		return "", "", errors.New("the order is another customer's")
	}
	return strconv.Itoa(answer.ID), answer.Number, nil
}

func (w *wooCommerce) stock(ctx context.Context, chosen product) (int, error) {
	var found wooProduct
	err := w.look(ctx, "/products/"+url.PathEscape(chosen.id), &found)
	return found.stock(), err
}
