package shopper

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
)

func newFakeWooCommerce(t *testing.T) *fakeShop {
	t.Helper()
	f := &fakeShop{
		engine: v1alpha1.EngineWooCommerce, number: 41, next: 41,
		open: "GET /", signIn: "POST /wp-login.php", fill: "POST /wp-json/wc/store/v1/cart/add-item",
		place: "POST /wp-json/wc/store/v1/checkout", readBack: "GET /wp-json/wc/v3/orders/41",
		cleanUp: "DELETE /wp-json/shopflow/v1/proof-orders",
	}
	f.answer = func(w http.ResponseWriter, r *http.Request) { answerAsWooCommerce(f, w, r) }
	return f.start(t)
}

// wooPage is a first page, wooCartOf a cart and wooOrderOf an order with some fields changed.
func wooPage(class, link string) string {
	return fmt.Sprintf(`<!DOCTYPE html><html><body class=%q><a href=%q>Demo</a></body></html>`, "home "+class, link)
}

func wooCartOf(change object) object {
	rates := []object{
		{"rate_id": "flat_rate:2", "price": "1800", "selected": true, "currency_minor_unit": 2},
		{"rate_id": "flat_rate:1", "price": "600", "selected": false, "currency_minor_unit": 2},
	}
	cart := object{
		"items": []object{{"id": 11, "quantity": 1}}, "needs_shipping": true, "payment_methods": []string{"cod"},
		"billing_address": object{"email": proofEmail}, "shipping_address": object{"country": "US", "state": "CA"},
		"shipping_rates": []object{{"package_id": 0, "shipping_rates": rates}},
		"totals":         object{"total_price": "4250", "currency_code": "USD", "currency_minor_unit": 2},
	}
	maps.Copy(cart, change)
	return cart
}

func wooOrderOf(number int, change object) object {
	order := object{
		"id": number, "number": strconv.Itoa(number), "currency": "USD", "total": "30.50", "billing": object{"email": proofEmail},
		"line_items": []object{{"product_id": 11, "variation_id": 0, "quantity": 1}},
	}
	maps.Copy(order, change)
	return order
}

func wooProductOf(id, stock int) object {
	return object{
		"id": id, "is_in_stock": stock > 0, "is_purchasable": true, "add_to_cart": object{"minimum": 1, "maximum": max(stock, 1)},
		"prices": object{"price": "2450", "currency_code": "USD", "currency_minor_unit": 2},
	}
}

func answerAsWooCommerce(f *fakeShop, w http.ResponseWriter, r *http.Request) {
	signedIn := func() bool { c, err := r.Cookie("wordpress_logged_in_1"); return err == nil && c.Value == fakeCookie }
	const store = "/wp-json/wc/store/v1/"
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, store):
		// What the administrator's cookies come with belongs to the administrator.
		if r.Header.Get("Cookie") != "" || r.Method == http.MethodPost && r.Header.Get("Cart-Token") != fakeToken {
			http.Error(w, `{"code":"woocommerce_rest_missing_nonce"}`, http.StatusUnauthorized)
			return
		}
	case strings.HasPrefix(path, "/wp-json/"):
		if !signedIn() || r.Header.Get("X-WP-Nonce") != fakeNonce {
			http.Error(w, `{"code":"woocommerce_rest_cannot_view"}`, http.StatusUnauthorized)
			return
		}
	}
	number := strconv.Itoa(f.number)
	switch r.Method + " " + r.URL.Path {
	case "GET /":
		fmt.Fprint(w, wooPage("woocommerce-shop woocommerce-page", "http://"+fakeHost+"/cart/"))
	case "POST /wp-login.php":
		_, err := r.Cookie("wordpress_test_cookie")
		if err != nil || r.PostFormValue("log") != fakeOwner || r.PostFormValue("pwd") != fakePassword {
			fmt.Fprint(w, `<html><title>Log In</title><form>Long text</form><div id="login_error">Error: wrong password</div></html>`)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "wordpress_logged_in_1", Value: fakeCookie, Path: "/", HttpOnly: true})
		http.Redirect(w, r, r.PostFormValue("redirect_to"), http.StatusFound)
	case "GET /wp-admin/admin-ajax.php":
		if !signedIn() {
			http.Error(w, "0", http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, fakeNonce)
	case "GET " + store + "products":
		if r.URL.Query().Get("type") != "simple" {
			reply(w, []object{})
			return
		}
		reply(w, []object{wooProductOf(10, uncounted), wooProductOf(11, f.stock)})
	case "GET " + store + "products/11":
		reply(w, wooProductOf(11, f.stock))
	case "GET " + store + "cart":
		w.Header().Set("Cart-Token", fakeToken)
		reply(w, wooCartOf(object{"items": []object{}, "billing_address": object{}}))
	case "POST " + store + "cart/add-item":
		f.carts++
		reply(w, wooCartOf(object{"billing_address": object{}}))
	case "POST " + store + "cart/update-customer":
		reply(w, wooCartOf(nil))
	case "POST " + store + "cart/select-shipping-rate":
		reply(w, wooCartOf(object{"totals": object{"total_price": "3050", "currency_code": "USD", "currency_minor_unit": 2}}))
	case "POST " + store + "checkout":
		f.sell()
		reply(w, object{
			"order_id": f.number, "order_number": number, "billing_address": object{"email": proofEmail},
			"payment_result": object{"payment_status": "success"},
		})
	case "GET /wp-json/wc/v3/orders/" + number:
		if !f.order {
			http.Error(w, `{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID."}`, http.StatusNotFound)
			return
		}
		reply(w, wooOrderOf(f.number, nil))
	case "DELETE /wp-json/shopflow/v1/proof-orders":
		orders, carts, stock := f.clean()
		reply(w, object{"orders": orders, "carts": carts, "stock": stock, "next": f.next})
	default:
		http.NotFound(w, r)
	}
}
