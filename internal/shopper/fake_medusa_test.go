package shopper

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
)

func newFakeMedusa(t *testing.T) *fakeShop {
	t.Helper()
	f := &fakeShop{
		engine: v1alpha1.EngineMedusa, number: 1,
		open: "GET /", signIn: "POST /auth/user/emailpass", fill: "POST /store/carts", place: "POST /store/carts/cart_1/complete",
		readBack: "GET /admin/orders/order_1", cleanUp: "DELETE /admin/shopflow/proof-orders",
	}
	f.answer = func(w http.ResponseWriter, r *http.Request) { answerAsMedusa(f, w, r) }
	return f.start(t)
}

func answerAsMedusa(f *fakeShop, w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/store/") && r.Header.Get("X-Publishable-Api-Key") != fakeKey ||
		strings.HasPrefix(r.URL.Path, "/admin/") && r.Header.Get("Authorization") != "Bearer "+fakeToken {
		http.Error(w, `{"message":"Unauthorized"}`, http.StatusUnauthorized)
		return
	}
	variant := object{
		"id": "variant_1", "manage_inventory": true, "inventory_quantity": f.stock, "calculated_price": object{"calculated_amount": 24.5},
	}
	cart := object{"id": "cart_1", "email": proofEmail, "currency_code": "usd", "total": 24.5, "items": items(1)}
	order := object{"id": "order_1", "display_id": f.number, "email": proofEmail, "currency_code": "usd", "total": 29.5, "items": items(1)}
	switch r.Method + " " + r.URL.Path {
	case "GET /":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><script type="application/json" id="store-config">{"publishableKey":%q,"storeName":"\u003c/script>"}</script>`, fakeKey)
	case "GET /store/regions":
		reply(w, object{"regions": []object{
			{"id": "reg_eu", "currency_code": "eur", "countries": []object{{"iso_2": "de"}}},
			{"id": "reg_us", "currency_code": "usd", "countries": []object{{"iso_2": "us"}}},
		}})
	case "GET /store/products":
		reply(w, object{"products": []object{{"id": "prod_0", "handle": "apron"}, {"id": "prod_1", "handle": "mug", "variants": []object{variant}}}})
	case "GET /store/products/prod_1":
		reply(w, object{"product": object{"id": "prod_1", "variants": []object{variant}}})
	case "POST /store/carts":
		f.carts++
		reply(w, object{"cart": cart})
	case "GET /store/shipping-options":
		reply(w, object{"shipping_options": []object{{"id": "so_fast", "amount": 15}, {"id": "so_slow", "amount": 5}}})
	case "POST /store/carts/cart_1/shipping-methods":
		cart["total"] = 29.5
		reply(w, object{"cart": cart})
	case "POST /store/payment-collections":
		reply(w, object{"payment_collection": object{"id": "pay_1", "amount": 29.5}})
	case "POST /store/payment-collections/pay_1/payment-sessions":
		reply(w, object{"payment_collection": object{"id": "pay_1", "amount": 29.5}})
	case "POST /store/carts/cart_1/complete":
		f.sell()
		reply(w, object{"type": "order", "order": order})
	case "POST /auth/user/emailpass":
		var login struct{ Password string }
		if json.NewDecoder(r.Body).Decode(&login) != nil || login.Password != fakePassword {
			http.Error(w, `{"message":"Invalid email or password"}`, http.StatusUnauthorized)
			return
		}
		reply(w, object{"token": fakeToken})
	case "GET /admin/orders/order_1":
		if !f.order {
			http.Error(w, `{"type":"not_found","message":"Order id not found: order_1"}`, http.StatusNotFound)
			return
		}
		reply(w, object{"order": order})
	case "DELETE /admin/shopflow/proof-orders":
		orders, carts, stock := f.clean()
		reply(w, medusaRemoved{Orders: orders, Carts: carts, Reservations: stock})
	default:
		http.NotFound(w, r)
	}
}

func items(quantity int) []object {
	return []object{{"variant_id": "variant_1", "quantity": quantity}}
}
