package medusa

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine/enginetest"
	"shopflow.dev/shopflow/internal/shopper"
)

const (
	// machineToken is the platform's.
	machineToken = "0123456789012345678901234567890123456789abc"
	checkNumber  = -1
)

func fake() *enginetest.Fake {
	title := "</script>"
	f := &enginetest.Fake{
		NewShop: newShop, Number: 1,
		Requests: enginetest.Requests{
			Open: "GET /", SignIn: "POST /auth/user/emailpass", FillCart: "POST /store/carts", PlaceOrder: "POST /store/carts/cart_1/complete",
			ReadBack: "GET /admin/orders/order_1", CleanUp: "DELETE /admin/shopflow/proof-orders",
		},
	}
	f.Answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/shopflow/") {
			answerMachine(f, &title, w, r)
			return
		}
		answer(f, title, w, r)
	}
	return f
}

func newFake(t *testing.T) *enginetest.Fake { return fake().Start(t) }

func answer(f *enginetest.Fake, title string, w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/store/") && r.Header.Get("X-Publishable-Api-Key") != f.Credentials[v1alpha1.KeyPublishableKey] ||
		strings.HasPrefix(r.URL.Path, "/admin/") && r.Header.Get("Authorization") != "Bearer "+enginetest.Token {
		http.Error(w, `{"message":"Unauthorized"}`, http.StatusUnauthorized)
		return
	}
	variant := enginetest.Object{
		"id": "variant_1", "manage_inventory": true, "inventory_quantity": f.Pieces, "calculated_price": enginetest.Object{"calculated_amount": 24.5},
	}
	checks, email, number := r.Header.Get("Shopflow-Machine") == machineToken, shopper.ProofEmail, f.Number
	if checks {
		email, number = shopper.CheckEmail, checkNumber
	}
	cart := enginetest.Object{"id": "cart_1", "email": email, "currency_code": "usd", "total": 24.5, "items": items(1)}
	order := enginetest.Object{"id": "order_1", "display_id": number, "email": email, "currency_code": "usd", "total": 29.5, "items": items(1)}
	switch r.Method + " " + r.URL.Path {
	case "GET /":
		w.Header().Set("Content-Type", "text/html")
		name, _ := json.Marshal(title)
		fmt.Fprintf(w, `<!doctype html><script type="application/json" id="store-config">{"publishableKey":%q,"storeName":%s}</script>`, f.Credentials[v1alpha1.KeyPublishableKey], name)
	case "GET /store/regions":
		enginetest.Reply(w, enginetest.Object{"regions": []enginetest.Object{
			{"id": "reg_eu", "currency_code": "eur", "countries": []enginetest.Object{{"iso_2": "de"}}},
			{"id": "reg_us", "currency_code": "usd", "countries": []enginetest.Object{{"iso_2": "us"}}},
		}})
	case "GET /store/products":
		enginetest.Reply(w, enginetest.Object{"products": []enginetest.Object{{"id": "prod_0", "handle": "apron"}, {"id": "prod_1", "handle": "mug", "variants": []enginetest.Object{variant}}}})
	case "GET /store/products/prod_1":
		enginetest.Reply(w, enginetest.Object{"product": enginetest.Object{"id": "prod_1", "variants": []enginetest.Object{variant}}})
	case "POST /store/carts":
		f.Carts++
		enginetest.Reply(w, enginetest.Object{"cart": cart})
	case "GET /store/shipping-options":
		enginetest.Reply(w, enginetest.Object{"shipping_options": []enginetest.Object{{"id": "so_fast", "amount": 15}, {"id": "so_slow", "amount": 5}}})
	case "POST /store/carts/cart_1/shipping-methods":
		cart["total"] = 29.5
		enginetest.Reply(w, enginetest.Object{"cart": cart})
	case "POST /store/payment-collections":
		enginetest.Reply(w, enginetest.Object{"payment_collection": enginetest.Object{"id": "pay_1", "amount": 29.5}})
	case "POST /store/payment-collections/pay_1/payment-sessions":
		enginetest.Reply(w, enginetest.Object{"payment_collection": enginetest.Object{"id": "pay_1", "amount": 29.5}})
	case "GET /store/payment-providers":
		enginetest.Reply(w, enginetest.Object{"payment_providers": []enginetest.Object{{"id": "pp_stripe_stripe"}, {"id": "pp_system_default"}}})
	case "POST /store/carts/cart_1/complete":
		if checks {
			f.Ordered = true
		} else {
			f.Order()
		}
		enginetest.Reply(w, enginetest.Object{"type": "order", "order": order})
	case "POST /auth/user/emailpass":
		var login struct{ Password string }
		if json.NewDecoder(r.Body).Decode(&login) != nil || login.Password != f.Credentials[v1alpha1.KeyAdminPassword] {
			http.Error(w, `{"message":"Invalid email or password"}`, http.StatusUnauthorized)
			return
		}
		enginetest.Reply(w, enginetest.Object{"token": enginetest.Token})
	case "GET /admin/orders/order_1":
		if !f.Ordered {
			http.Error(w, `{"type":"not_found","message":"Order id not found: order_1"}`, http.StatusNotFound)
			return
		}
		enginetest.Reply(w, enginetest.Object{"order": order})
	case "DELETE /admin/shopflow/proof-orders":
		removed := f.CleanUp()
		enginetest.Reply(w, removedAnswer{Orders: removed.Orders, Carts: removed.Carts, Reservations: removed.Stock})
	default:
		http.NotFound(w, r)
	}
}

// answerMachine answers to the routes that the machine's token opens.
func answerMachine(f *enginetest.Fake, title *string, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Shopflow-Machine") != machineToken {
		http.Error(w, `{"message":"Only the platform can do this"}`, http.StatusUnauthorized)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /shopflow/check/orders/order_1":
		if !f.Ordered {
			http.Error(w, `{"message":"No check has placed such an order"}`, http.StatusNotFound)
			return
		}
		enginetest.Reply(w, checkedOrder(checkNumber))
	case "DELETE /shopflow/check/orders":
		removed := f.CleanUp()
		enginetest.Reply(w, enginetest.Object{"orders": removed.Orders, "carts": removed.Carts})
	case "PUT /shopflow/title":
		var wanted struct{ Title string }
		if json.NewDecoder(r.Body).Decode(&wanted) != nil || wanted.Title == "" {
			http.Error(w, `{"message":"The title must be a text of 1 to 100 characters"}`, http.StatusBadRequest)
			return
		}
		*title = wanted.Title
		enginetest.Reply(w, enginetest.Object{"title": *title})
	default:
		http.NotFound(w, r)
	}
}

func checkedOrder(number int) enginetest.Object {
	return enginetest.Object{
		"id": "order_1", "number": strconv.Itoa(number), "email": shopper.CheckEmail, "currency": "usd", "total": 29.5,
		"items": []enginetest.Object{{"product": "variant_1", "quantity": 1}},
	}
}

func items(quantity int) []enginetest.Object {
	return []enginetest.Object{{"variant_id": "variant_1", "quantity": quantity}}
}
