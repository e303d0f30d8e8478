package woocommerce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/shopper"
)

var (
	noncePattern      = regexp.MustCompile(`^[0-9a-f]{10}$`)
	loginErrorPattern = regexp.MustCompile(`(?is)<div id="login_error".*?</div>`)
)

// shop is a running WooCommerce store, for the proof of sale and for checks. Its customer is known by a token, its administrator by
// cookies.
type shop struct {
	*shopper.Client
	email, password string
	// cookies and nonce are the administrator's.
	cookies *cookiejar.Jar
	nonce   string
	// token is the customer's cart, region the country that the shop is in.
	token  string
	region address
	// needsShipping, packages and payments are what the cart was last offered.
	needsShipping bool
	packages      []parcel
	payments      []string
}

func newShop(client *shopper.Client, credentials map[string]string) shopper.Shop {
	return &shop{
		Client: client, email: credentials[v1alpha1.KeyAdminEmail], password: credentials[v1alpha1.KeyAdminPassword],
	}
}

// SignIn signs in with WordPress's own form, as a browser does, and gets the nonce that the REST API requires beside the cookies. In
// a check it does nothing.
func (w *shop) SignIn(ctx context.Context) error {
	if w.Checks() {
		return nil
	}
	cookies, err := cookiejar.New(nil)
	if err != nil {
		return fmt.Errorf("create cookie jar: %w", err)
	}
	// WordPress has asked with its form for this cookie, to see whether the browser keeps any.
	check := &http.Cookie{Name: "wordpress_test_cookie", Value: "WP%20Cookie%20check"} // #nosec G124 -- sent by a client, not set by a server
	cookies.SetCookies(w.URL(), []*http.Cookie{check})
	page, err := w.Do(ctx, shopper.Request{
		Method: http.MethodPost, Path: "/wp-login.php", Cookies: cookies, KeepRedirect: true,
		Form: url.Values{
			"log": {w.email}, "pwd": {w.password}, "wp-submit": {"Log In"}, "testcookie": {"1"},
			"redirect_to": {w.Address() + "/wp-admin/"},
		},
	})
	if err != nil {
		return err
	}
	if page.Header.Get("Location") == "" {
		// The form is shown again, with status 200 and what went wrong.
		return &shopper.StepError{Status: http.StatusOK, Answer: w.Summarize(loginError(page.Body)), Err: errors.New("the store refused the administrator's sign-in")}
	}
	nonce, err := w.Do(ctx, shopper.Request{Method: http.MethodGet, Path: "/wp-admin/admin-ajax.php?action=rest-nonce", Cookies: cookies})
	if err != nil {
		return err
	}
	text := string(nonce.Body)
	if !noncePattern.MatchString(text) {
		return &shopper.StepError{Status: http.StatusOK, Answer: w.Summarize(nonce.Body), Err: errors.New("the store returned no nonce")}
	}
	w.Redact(text)
	w.cookies, w.nonce = cookies, text
	return nil
}

// loginError returns the part of WordPress's form that says why it is shown again, or all of it.
func loginError(page []byte) []byte {
	if found := loginErrorPattern.Find(page); found != nil {
		return found
	}
	return page
}

// admin sends a request to WordPress's REST API as the administrator.
func (w *shop) admin(ctx context.Context, method, path string, out any) error {
	header := http.Header{"X-Wp-Nonce": {w.nonce}}
	return w.JSON(ctx, shopper.Request{Method: method, Path: "/wp-json" + path, Header: header, Cookies: w.cookies}, out)
}

func (w *shop) Order(ctx context.Context, id string) (shopper.Order, error) {
	if w.Checks() {
		return w.Machine(machinePath).Order(ctx, id)
	}
	var answer struct {
		ID       int    `json:"id"`
		Number   string `json:"number"`
		Currency string `json:"currency"`
		Total    string `json:"total"`
		Billing  struct {
			Email string `json:"email"`
		} `json:"billing"`
		Lines []struct {
			Product   int     `json:"product_id"`
			Variation int     `json:"variation_id"`
			Quantity  float64 `json:"quantity"`
		} `json:"line_items"`
	}
	if err := w.admin(ctx, http.MethodGet, "/wc/v3/orders/"+url.PathEscape(id), &answer); err != nil {
		return shopper.Order{}, err
	}
	total, err := strconv.ParseFloat(answer.Total, 64)
	if err != nil {
		return shopper.Order{}, fmt.Errorf("total of the order: %w", err)
	}
	kept := shopper.Order{
		ID: strconv.Itoa(answer.ID), Number: answer.Number, Email: answer.Billing.Email,
		Currency: strings.ToLower(answer.Currency), Total: total,
	}
	for _, line := range answer.Lines {
		bought := line.Product
		if line.Variation != 0 {
			bought = line.Variation
		}
		kept.Items = append(kept.Items, shopper.Item{Product: strconv.Itoa(bought), Quantity: line.Quantity})
	}
	return kept, nil
}

func (w *shop) CleanUp(ctx context.Context) (shopper.Removed, error) {
	if w.Checks() {
		return w.Machine(machinePath).CleanUp(ctx)
	}
	var answer struct {
		Orders int `json:"orders"`
		Carts  int `json:"carts"`
		Stock  int `json:"stock"`
		Next   int `json:"next"`
	}
	err := w.admin(ctx, http.MethodDelete, "/shopflow/v1/proof-orders", &answer)
	return shopper.Removed{Orders: answer.Orders, Carts: answer.Carts, Stock: answer.Stock, NextNumber: answer.Next}, err
}
