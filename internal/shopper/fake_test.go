package shopper

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
)

const (
	fakeKey      = "pk_0123456789abcdef"
	fakePassword = "correct-horse"
	fakeToken    = "eyJhbGciOi.eyJzdWIiOi.c2ln"
	fakeStock    = 12
)

// fakeMedusa stands in for a Medusa store in the fault tests of this package, and only there: a real one does not fail on
// demand. That the shopper can buy in a real one is for the tests on a real node to show.
type fakeMedusa struct {
	*httptest.Server
	// faults replace the answers to requests, by method and path.
	faults map[string]http.HandlerFunc

	mu          sync.Mutex
	stock       int
	carts       int
	order       bool
	reservation bool
	number      int
	requests    []string
}

func newFakeMedusa(t *testing.T) *fakeMedusa {
	t.Helper()
	f := &fakeMedusa{stock: fakeStock, number: 1, faults: map[string]http.HandlerFunc{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeMedusa) target() Target {
	return Target{
		Engine: v1alpha1.EngineMedusa, BaseURL: "http://demo.shopflow.localhost:8080", DialAddress: f.Listener.Addr().String(),
		Credentials: map[string]string{
			v1alpha1.KeyAdminEmail: "owner@demo.shopflow.localhost", v1alpha1.KeyAdminPassword: fakePassword, v1alpha1.KeyPublishableKey: fakeKey,
		},
	}
}

// ServeHTTP answers like Medusa, or as the faults say.
func (f *fakeMedusa) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request := r.Method + " " + r.URL.Path
	f.mu.Lock()
	f.requests = append(f.requests, request)
	f.mu.Unlock()
	if fault, ok := f.faults[request]; ok {
		fault(w, r)
		return
	}
	f.answer(w, r)
}

// answer is what a store in order says.
func (f *fakeMedusa) answer(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case strings.HasPrefix(r.URL.Path, "/store/") && r.Header.Get("X-Publishable-Api-Key") != fakeKey,
		strings.HasPrefix(r.URL.Path, "/admin/") && r.Header.Get("Authorization") != "Bearer "+fakeToken:
		http.Error(w, `{"message":"Unauthorized"}`, http.StatusUnauthorized)
		return
	case r.Host != "demo.shopflow.localhost:8080":
		http.Error(w, "wrong host", http.StatusNotFound)
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
		f.order, f.reservation = true, true
		f.stock--
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
		removed := medusaRemoved{Carts: f.carts}
		if f.order {
			removed.Orders, removed.Reservations = 1, 1
		}
		if f.reservation {
			f.stock++
		}
		f.order, f.reservation, f.carts = false, false, 0
		reply(w, removed)
	default:
		http.NotFound(w, r)
	}
}

type object map[string]any

func items(quantity int) []object {
	return []object{{"variant_id": "variant_1", "quantity": quantity}}
}

func reply(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}
