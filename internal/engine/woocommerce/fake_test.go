package woocommerce

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine/enginetest"
	"shopflow.dev/shopflow/internal/shopper"
)

func fake() *enginetest.Fake {
	f := &enginetest.Fake{
		NewShop: newShop, Number: 41, NextNumber: 41,
		Requests: enginetest.Requests{
			Open: "GET /", SignIn: "POST /wp-login.php", FillCart: "POST /wp-json/wc/store/v1/cart/add-item",
			PlaceOrder: "POST /wp-json/wc/store/v1/checkout", ReadBack: "GET /wp-json/wc/v3/orders/41",
			CleanUp: "DELETE /wp-json/shopflow/v1/proof-orders",
		},
	}
	f.Answer = func(w http.ResponseWriter, r *http.Request) { answer(f, w, r) }
	return f
}

func newFake(t *testing.T) *enginetest.Fake { return fake().Start(t) }

// page is a first page, cartOf a cart and orderOf an order with some fields changed.
func page(class, link string) string {
	return fmt.Sprintf(`<!DOCTYPE html><html><body class=%q><a href=%q>Demo</a></body></html>`, "home "+class, link)
}

func cartOf(change enginetest.Object) enginetest.Object {
	rates := []enginetest.Object{
		{"rate_id": "flat_rate:2", "price": "1800", "selected": true, "currency_minor_unit": 2},
		{"rate_id": "flat_rate:1", "price": "600", "selected": false, "currency_minor_unit": 2},
	}
	cart := enginetest.Object{
		"items": []enginetest.Object{{"id": 11, "quantity": 1}}, "needs_shipping": true, "payment_methods": []string{"cod"},
		"billing_address": enginetest.Object{"email": shopper.ProofEmail}, "shipping_address": enginetest.Object{"country": "US", "state": "CA"},
		"shipping_rates": []enginetest.Object{{"package_id": 0, "shipping_rates": rates}},
		"totals":         enginetest.Object{"total_price": "4250", "currency_code": "USD", "currency_minor_unit": 2},
	}
	maps.Copy(cart, change)
	return cart
}

func orderOf(number int, change enginetest.Object) enginetest.Object {
	order := enginetest.Object{
		"id": number, "number": strconv.Itoa(number), "currency": "USD", "total": "30.50", "billing": enginetest.Object{"email": shopper.ProofEmail},
		"line_items": []enginetest.Object{{"product_id": 11, "variation_id": 0, "quantity": 1}},
	}
	maps.Copy(order, change)
	return order
}

func productOf(id, stock int) enginetest.Object {
	return enginetest.Object{
		"id": id, "is_in_stock": stock > 0, "is_purchasable": true, "add_to_cart": enginetest.Object{"minimum": 1, "maximum": max(stock, 1)},
		"prices": enginetest.Object{"price": "2450", "currency_code": "USD", "currency_minor_unit": 2},
	}
}

func answer(f *enginetest.Fake, w http.ResponseWriter, r *http.Request) {
	signedIn := func() bool {
		c, err := r.Cookie("wordpress_logged_in_1")
		return err == nil && c.Value == enginetest.Cookie
	}
	const store = "/wp-json/wc/store/v1/"
	email, checks := shopper.ProofEmail, r.Header.Get("Shopflow-Machine") == machineToken
	if checks {
		email = shopper.CheckEmail
	}
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/wp-json/shopflow/v1/check/"):
		if !checks {
			http.Error(w, `{"message":"This is for the platform."}`, http.StatusUnauthorized)
			return
		}
	case strings.HasPrefix(path, store):
		// What the administrator's cookies come with belongs to the administrator.
		if r.Header.Get("Cookie") != "" || r.Method == http.MethodPost && r.Header.Get("Cart-Token") != enginetest.Token {
			http.Error(w, `{"code":"woocommerce_rest_missing_nonce"}`, http.StatusUnauthorized)
			return
		}
	case strings.HasPrefix(path, "/wp-json/"):
		if !signedIn() || r.Header.Get("X-WP-Nonce") != enginetest.Nonce {
			http.Error(w, `{"code":"woocommerce_rest_cannot_view"}`, http.StatusUnauthorized)
			return
		}
	}
	number := strconv.Itoa(f.Number)
	switch r.Method + " " + r.URL.Path {
	case "GET /":
		fmt.Fprint(w, page("woocommerce-shop woocommerce-page", "http://"+enginetest.Host+"/cart/"))
	case "POST /wp-login.php":
		_, err := r.Cookie("wordpress_test_cookie")
		if err != nil || r.PostFormValue("log") != enginetest.Owner || r.PostFormValue("pwd") != f.Credentials[v1alpha1.KeyAdminPassword] {
			fmt.Fprint(w, `<html><title>Log In</title><form>Long text</form><div id="login_error">Error: wrong password</div></html>`)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "wordpress_logged_in_1", Value: enginetest.Cookie, Path: "/", HttpOnly: true})
		http.Redirect(w, r, r.PostFormValue("redirect_to"), http.StatusFound)
	case "GET /wp-admin/admin-ajax.php":
		if !signedIn() {
			http.Error(w, "0", http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, enginetest.Nonce)
	case "GET " + store + "products":
		if r.URL.Query().Get("type") != "simple" {
			enginetest.Reply(w, []enginetest.Object{})
			return
		}
		enginetest.Reply(w, []enginetest.Object{productOf(10, uncounted), productOf(11, f.Pieces)})
	case "GET " + store + "products/11":
		enginetest.Reply(w, productOf(11, f.Pieces))
	case "GET " + store + "cart":
		w.Header().Set("Cart-Token", enginetest.Token)
		enginetest.Reply(w, cartOf(enginetest.Object{"items": []enginetest.Object{}, "billing_address": enginetest.Object{}}))
	case "POST " + store + "cart/add-item":
		f.Carts++
		enginetest.Reply(w, cartOf(enginetest.Object{"billing_address": enginetest.Object{}}))
	case "POST " + store + "cart/update-customer":
		enginetest.Reply(w, cartOf(enginetest.Object{"billing_address": enginetest.Object{"email": email}}))
	case "POST " + store + "cart/select-shipping-rate":
		enginetest.Reply(w, cartOf(enginetest.Object{
			"billing_address": enginetest.Object{"email": email},
			"totals":          enginetest.Object{"total_price": "3050", "currency_code": "USD", "currency_minor_unit": 2},
		}))
	case "POST " + store + "checkout":
		placed := f.Number
		if checks {
			// It takes neither a number nor stock.
			placed, f.Ordered = reserved, true
		} else {
			f.Order()
		}
		enginetest.Reply(w, enginetest.Object{
			"order_id": placed, "order_number": strconv.Itoa(placed), "billing_address": enginetest.Object{"email": email},
			"payment_result": enginetest.Object{"payment_status": "success"},
		})
	case "GET /wp-json/wc/v3/orders/" + number:
		if !f.Ordered {
			http.Error(w, `{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID."}`, http.StatusNotFound)
			return
		}
		enginetest.Reply(w, orderOf(f.Number, nil))
	case "GET /wp-json/shopflow/v1/check/orders/" + strconv.Itoa(reserved):
		if !f.Ordered {
			http.Error(w, `{"message":"There is no such order of a check."}`, http.StatusNotFound)
			return
		}
		enginetest.Reply(w, checkedOf(nil))
	case "DELETE /wp-json/shopflow/v1/check/orders":
		removed := f.CleanUp()
		enginetest.Reply(w, enginetest.Object{"orders": removed.Orders, "carts": removed.Carts})
	case "DELETE /wp-json/shopflow/v1/proof-orders":
		removed := f.CleanUp()
		enginetest.Reply(w, enginetest.Object{"orders": removed.Orders, "carts": removed.Carts, "stock": removed.Stock, "next": removed.NextNumber})
	default:
		http.NotFound(w, r)
	}
}
