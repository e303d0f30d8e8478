package shopper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"
)

// patience bounds what may take a while in these tests.
const patience = 10 * time.Second

func TestBuyLeavesNothing(t *testing.T) {
	store := newFakeMedusa(t)
	receipt, err := New(clock.RealClock{}).Buy(t.Context(), store.target())
	if err != nil {
		t.Fatal(err)
	}
	if receipt.OrderNumber != "1" || receipt.SoldAt.IsZero() || receipt.Duration <= 0 {
		t.Errorf("receipt = %+v", receipt)
	}
	names := []string{}
	for _, step := range receipt.Steps {
		names = append(names, step.Name)
	}
	if diff := cmp.Diff(stepNames(), names); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if store.order || store.carts != 0 || store.stock != fakeStock {
		t.Errorf("left: order %t, %d carts, %d pieces", store.order, store.carts, store.stock)
	}
}

// TestBuyClearsWhatWasLeft begins where an earlier proof was killed after its order.
func TestBuyClearsWhatWasLeft(t *testing.T) {
	store := newFakeMedusa(t)
	store.order, store.reservation, store.carts, store.stock = true, true, 1, fakeStock-1
	if _, err := New(clock.RealClock{}).Buy(t.Context(), store.target()); err != nil {
		t.Fatal(err)
	}
	if store.order || store.carts != 0 || store.stock != fakeStock {
		t.Errorf("left: order %t, %d carts, %d pieces", store.order, store.carts, store.stock)
	}
}

// TestBuyWaitsForTheRoute begins before the gateway knows the store, and before it knows the store's pods.
func TestBuyWaitsForTheRoute(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusServiceUnavailable, http.StatusBadGateway} {
		store := newFakeMedusa(t)
		tries := 0
		closed := func(w http.ResponseWriter, r *http.Request) {
			if tries++; tries < 3 {
				http.Error(w, "no route", status)
				return
			}
			clear(store.faults)
			store.answer(w, r)
		}
		store.faults["GET /"], store.faults["POST /auth/user/emailpass"] = closed, closed
		if _, err := New(clock.RealClock{}).Buy(t.Context(), store.target()); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// says answers with JSON, fails with a status and a text.
func says(answer any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, answer) }
}

func fails(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, status) }
}

func TestBuyFaults(t *testing.T) {
	order := func(change object) object {
		whole := object{"id": "order_1", "display_id": 1, "email": proofEmail, "currency_code": "usd", "total": 29.5, "items": items(1)}
		maps.Copy(whole, change)
		return object{"type": "order", "order": whole}
	}
	cart := func(change object) object {
		whole := object{"id": "cart_1", "email": proofEmail, "currency_code": "usd", "total": 29.5, "items": items(1)}
		maps.Copy(whole, change)
		return object{"cart": whole}
	}
	page := func(script string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>"+script+"</html>") }
	}
	const (
		complete = "POST /store/carts/cart_1/complete"
		readBack = "GET /admin/orders/order_1"
		cleanUp  = "DELETE /admin/shopflow/proof-orders"
	)
	cases := map[string]struct {
		request string
		fault   http.HandlerFunc
		step    string
		status  int
	}{
		"NotReady":           {"GET /", fails(503, "<h1>This shop is not ready</h1>"), stepOpen, 503},
		"NoStorefront":       {"GET /", page("It works!"), stepOpen, 0},
		"BrokenConfig":       {"GET /", page(`<script id="store-config">{</script>`), stepOpen, 0},
		"NoKey":              {"GET /", page(`<script id="store-config">{}</script>`), stepOpen, 0},
		"OtherKey":           {"GET /", page(`<script id="store-config">{"publishableKey":"pk_other"}</script>`), stepOpen, 0},
		"LeadsElsewhere":     {"GET /", http.RedirectHandler("http://other.example/", http.StatusFound).ServeHTTP, stepOpen, 0},
		"LeadsInCircles":     {"GET /", http.RedirectHandler("/", http.StatusFound).ServeHTTP, stepOpen, 0},
		"EndlessPage":        {"GET /", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, maxAnswer+1)) }, stepOpen, 0},
		"NoRegions":          {"GET /store/regions", says(object{"regions": []object{}}), stepProducts, 0},
		"NoCountries":        {"GET /store/regions", says(object{"regions": []object{{"id": "reg"}}}), stepProducts, 0},
		"RegionsFail":        {"GET /store/regions", fails(500, `{"message":"no database"}`), stepProducts, 500},
		"NoProducts":         {"GET /store/products", says(object{"products": []object{}}), stepProducts, 0},
		"NothingInStock":     {"GET /store/products", says(object{"products": []object{{"variants": []object{{"manage_inventory": true}}}}}), stepProducts, 0},
		"ProductsNotJSON":    {"GET /store/products", page(""), stepProducts, 200},
		"WrongPassword":      {"POST /auth/user/emailpass", fails(401, `{"message":"Invalid email or password"}`), stepSignIn, 401},
		"NoToken":            {"POST /auth/user/emailpass", says(object{}), stepSignIn, 0},
		"CartFails":          {"POST /store/carts", fails(500, "no cache"), stepCart, 500},
		"CartOfOther":        {"POST /store/carts", says(cart(object{"email": "other@example.com"})), stepCart, 0},
		"CartInEuro":         {"POST /store/carts", says(cart(object{"currency_code": "eur"})), stepCart, 0},
		"CartEmpty":          {"POST /store/carts", says(cart(object{"items": items(0)})), stepCart, 0},
		"CartTooCheap":       {"POST /store/carts", says(cart(object{"total": 1})), stepCart, 0},
		"NoShipping":         {"GET /store/shipping-options", says(object{}), stepShipping, 0},
		"ShippingRefused":    {"POST /store/carts/cart_1/shipping-methods", fails(400, "no such option"), stepShipping, 400},
		"ShippingTakesPrice": {"POST /store/carts/cart_1/shipping-methods", says(cart(object{"total": 1})), stepShipping, 0},
		"OtherAmountToPay":   {"POST /store/payment-collections", says(object{"payment_collection": object{"id": "pay_1", "amount": 1}}), stepPayment, 0},
		"PaymentRefused":     {"POST /store/payment-collections/pay_1/payment-sessions", fails(400, "no such provider"), stepPayment, 400},
		"OrderFails":         {complete, fails(500, "boom"), stepOrder, 500},
		"OrderRefused":       {complete, says(object{"type": "cart", "error": object{"message": "Not enough stock"}}), stepOrder, 200},
		"OrderNoNumber":      {complete, says(order(object{"display_id": 0})), stepOrder, 0},
		"OrderOtherTotal":    {complete, says(order(object{"total": 30})), stepOrder, 0},
		"OrderOtherItems":    {complete, says(order(object{"items": items(2)})), stepOrder, 0},
		"OrderOfOther":       {complete, says(order(object{"email": "other@example.com"})), stepOrder, 0},
		"ReadBackFails":      {readBack, fails(500, "boom"), stepReadBack, 500},
		"ReadBackOther":      {readBack, says(order(object{"display_id": 2})), stepReadBack, 0},
		"StockUnchanged":     {"GET /store/products/prod_1", says(object{"product": object{"variants": []object{{"id": "variant_1", "inventory_quantity": fakeStock}}}}), stepReserved, 0},
		"ProductGone":        {"GET /store/products/prod_1", says(object{"product": object{}}), stepReserved, 0},
		"ClearingRefused":    {cleanUp, fails(403, "forbidden"), stepTidy, 403},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			store := newFakeMedusa(t)
			store.faults[c.request] = c.fault
			receipt, err := New(clock.RealClock{}).Buy(t.Context(), store.target())
			var failed *StepError
			if !errors.As(err, &failed) {
				t.Fatalf("receipt %+v, error %v; want a StepError", receipt, err)
			}
			if failed.Step != c.step || failed.Status != c.status {
				t.Errorf("failed at %q with status %d, want %q with %d: %v", failed.Step, failed.Status, c.step, c.status, err)
			}
			if failed.Status != 0 && failed.Status != http.StatusOK && failed.Answer == "" {
				t.Error("the error does not say what the store answered")
			}
			if store.order || store.stock != fakeStock {
				t.Errorf("left: order %t, %d pieces", store.order, store.stock)
			}
		})
	}
}

// TestBuyNoticesAnOrderThatNobodyHas lets the store confirm an order and forget it.
func TestBuyNoticesAnOrderThatNobodyHas(t *testing.T) {
	store := newFakeMedusa(t)
	store.faults["POST /store/carts/cart_1/complete"] = func(w http.ResponseWriter, r *http.Request) {
		store.answer(w, r)
		store.mu.Lock()
		defer store.mu.Unlock()
		store.order = false
	}
	_, err := New(clock.RealClock{}).Buy(t.Context(), store.target())
	var failed *StepError
	if !errors.As(err, &failed) || failed.Step != stepReadBack || failed.Status != http.StatusNotFound {
		t.Errorf("error = %v", err)
	}
	if store.stock != fakeStock {
		t.Errorf("left: %d pieces", store.stock)
	}
}

// TestBuyFaultsOfPuttingBack lets the store go wrong when the order has been read back. The first removal is that of an
// earlier proof's remains.
func TestBuyFaultsOfPuttingBack(t *testing.T) {
	cases := map[string]struct {
		fault  func(*fakeMedusa) http.HandlerFunc
		step   string
		status int
	}{
		"Refused": {func(*fakeMedusa) http.HandlerFunc { return fails(500, "deadlock detected") }, stepPutBack, 500},
		"NothingRemoved": {func(*fakeMedusa) http.HandlerFunc {
			return says(medusaRemoved{})
		}, stepPutBack, 0},
		"OrderStaysThere": {func(f *fakeMedusa) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				f.stock++
				reply(w, medusaRemoved{Orders: 1, Carts: 1, Reservations: 1})
			}
		}, stepAsBefore, 0},
		"StockStaysDown": {func(f *fakeMedusa) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				f.order = false
				reply(w, medusaRemoved{Orders: 1, Carts: 1, Reservations: 1})
			}
		}, stepAsBefore, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			store := newFakeMedusa(t)
			fault := c.fault(store)
			store.faults["DELETE /admin/shopflow/proof-orders"] = func(w http.ResponseWriter, r *http.Request) {
				store.mu.Lock()
				ordered := store.order
				store.mu.Unlock()
				if ordered {
					fault(w, r)
					return
				}
				store.answer(w, r)
			}
			_, err := New(clock.RealClock{}).Buy(t.Context(), store.target())
			var failed *StepError
			if !errors.As(err, &failed) || failed.Step != c.step || failed.Status != c.status {
				t.Errorf("error %v, want one at %q with status %d", err, c.step, c.status)
			}
		})
	}
}

func TestBuyEndsWithItsContext(t *testing.T) {
	for _, request := range []string{"GET /", "POST /auth/user/emailpass", "POST /store/carts/cart_1/complete", "GET /admin/orders/order_1"} {
		t.Run(request, func(t *testing.T) {
			store := newFakeMedusa(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			store.faults[request] = func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // Only then does the server notice a client that goes away.
				cancel()
				<-r.Context().Done()
			}
			begin := time.Now()
			_, err := New(clock.RealClock{}).Buy(ctx, store.target())
			var failed *StepError
			if !errors.Is(err, context.Canceled) || !errors.As(err, &failed) {
				t.Errorf("error = %v, want a StepError of the context's", err)
			}
			if took := time.Since(begin); took > patience {
				t.Errorf("took %s", took)
			}
			if store.order || store.stock != fakeStock {
				t.Errorf("left: order %t, %d pieces", store.order, store.stock)
			}
		})
	}
}

// TestErrorsKeepSecrets lets the store answer each request with everything secret that it was sent.
func TestErrorsKeepSecrets(t *testing.T) {
	requests := []string{
		"GET /", "GET /store/regions", "POST /auth/user/emailpass", "DELETE /admin/shopflow/proof-orders", "POST /store/carts",
		"POST /store/carts/cart_1/complete", "GET /admin/orders/order_1",
	}
	for _, request := range requests {
		t.Run(request, func(t *testing.T) {
			store := newFakeMedusa(t)
			store.faults[request] = func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusInternalServerError)
				fmt.Fprintf(w, "%s %s %s %v", fakePassword, fakeKey, fakeToken, r.Header)
			}
			_, err := New(clock.RealClock{}).Buy(t.Context(), store.target())
			if err == nil {
				t.Fatal("no error")
			}
			for _, secret := range []string{fakePassword, fakeKey, fakeToken} {
				if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
					t.Errorf("%q is in the error: %v", secret, err)
				}
			}
		})
	}
}

func TestBuyRefusesWhatIsNoShop(t *testing.T) {
	store := newFakeMedusa(t)
	cases := map[string]func(*Target){
		"NoEngine":      func(t *Target) { t.Engine = "" },
		"NoAddress":     func(t *Target) { t.BaseURL = "" },
		"BrokenAddress": func(t *Target) { t.BaseURL = "http://%zz" },
		"OtherScheme":   func(t *Target) { t.BaseURL = "ftp://demo.shopflow.localhost" },
		"NobodyThere":   func(t *Target) { t.DialAddress = "127.0.0.1:1" },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			target := store.target()
			change(&target)
			_, err := New(clock.RealClock{}).Buy(t.Context(), target)
			var failed *StepError
			if !errors.As(err, &failed) || failed.Step == "" || failed.Status != 0 {
				t.Errorf("error = %v, want a StepError without status", err)
			}
		})
	}
}
