package shopper

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
)

// wooCommerce is a visit to a WooCommerce store. Its customer is known by a token, and its administrator by cookies.
type wooCommerce struct {
	*visit
	email, password string
	// cookies and nonce are the administrator's.
	cookies *cookiejar.Jar
	nonce   string
	// token is the customer's cart, region where the shop is at home.
	token  string
	region wooAddress
	// needs, packages and payments are what the cart was last offered.
	needs    bool
	packages []wooPackage
	payments []string
}

func newWooCommerce(v *visit, credentials map[string]string) shop {
	return &wooCommerce{
		visit: v, email: credentials[v1alpha1.KeyAdminEmail], password: credentials[v1alpha1.KeyAdminPassword],
	}
}

// signIn signs in by WordPress's own form, as a browser does, and gets the nonce that the REST API wants beside the cookies.
func (w *wooCommerce) signIn(ctx context.Context) error {
	cookies, err := cookiejar.New(nil)
	if err != nil {
		return fmt.Errorf("make cookie jar: %w", err)
	}
	// WordPress has asked with its form for this cookie, to see whether the browser keeps any.
	check := &http.Cookie{Name: "wordpress_test_cookie", Value: "WP%20Cookie%20check"} // #nosec G124 -- sent by a client, not set by a server
	cookies.SetCookies(w.base, []*http.Cookie{check})
	page, err := w.fetch(ctx, request{
		method: http.MethodPost, path: "/wp-login.php", cookies: cookies, stay: true,
		form: url.Values{
			"log": {w.email}, "pwd": {w.password}, "wp-submit": {"Log In"}, "testcookie": {"1"},
			"redirect_to": {w.address() + "/wp-admin/"},
		},
	})
	if err != nil {
		return err
	}
	if page.header.Get("Location") == "" {
		// What went wrong is in the form that comes again, with status 200.
		return &StepError{Status: http.StatusOK, Answer: w.summary(loginError(page.body)), Err: errors.New("the store did not let the administrator in")}
	}
	nonce, err := w.fetch(ctx, request{method: http.MethodGet, path: "/wp-admin/admin-ajax.php?action=rest-nonce", cookies: cookies})
	if err != nil {
		return err
	}
	text := string(nonce.body)
	if !regexp.MustCompile(`^[0-9a-f]{10}$`).MatchString(text) {
		return &StepError{Status: http.StatusOK, Answer: w.summary(nonce.body), Err: errors.New("the store gave no nonce")}
	}
	w.keepSecret(text)
	w.cookies, w.nonce = cookies, text
	return nil
}

// loginError returns the part of WordPress's form that says why it is shown again, or all of it.
func loginError(page []byte) []byte {
	if found := regexp.MustCompile(`(?is)<div id="login_error".*?</div>`).Find(page); found != nil {
		return found
	}
	return page
}

// admin makes a request of the administration's API.
func (w *wooCommerce) admin(ctx context.Context, method, path string, out any) error {
	header := http.Header{"X-Wp-Nonce": {w.nonce}}
	return w.ask(ctx, request{method: method, path: "/wp-json" + path, header: header, cookies: w.cookies}, out)
}

func (w *wooCommerce) order(ctx context.Context, id string) (order, error) {
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
		return order{}, err
	}
	total, err := strconv.ParseFloat(answer.Total, 64)
	if err != nil {
		return order{}, fmt.Errorf("total of the order: %w", err)
	}
	kept := order{
		id: strconv.Itoa(answer.ID), number: answer.Number, email: answer.Billing.Email,
		currency: strings.ToLower(answer.Currency), total: total,
	}
	for _, line := range answer.Lines {
		bought := line.Product
		if line.Variation != 0 {
			bought = line.Variation
		}
		kept.items = append(kept.items, item{product: strconv.Itoa(bought), quantity: line.Quantity})
	}
	return kept, nil
}

func (w *wooCommerce) putBack(ctx context.Context) (removed, error) {
	var answer struct {
		Orders int `json:"orders"`
		Carts  int `json:"carts"`
		Stock  int `json:"stock"`
		Next   int `json:"next"`
	}
	err := w.admin(ctx, http.MethodDelete, "/shopflow/v1/proof-orders", &answer)
	return removed{orders: answer.Orders, carts: answer.Carts, stock: answer.Stock, next: answer.Next}, err
}
