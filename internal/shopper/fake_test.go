package shopper

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
)

const (
	fakeHost     = "demo.shopflow.localhost:8080"
	fakeOwner    = "owner@demo.shopflow.localhost"
	fakeKey      = "pk_0123456789abcdef"
	fakePassword = "correct-horse"
	fakeToken    = "eyJhbGciOi.eyJzdWIiOi.c2ln"
	fakeCookie   = "owner%7C1764000000%7CsessionTokenOfTheOwner"
	fakeNonce    = "0a1b2c3d4e"
	fakeStock    = 12
)

// fakeShop stands in for a store in the fault tests of this package, and only there: a real one does not fail on demand.
// That the shopper can buy in a real one is for the tests on a real node to show.
type fakeShop struct {
	*httptest.Server
	engine v1alpha1.Engine
	// answer is what a store in order says.
	answer http.HandlerFunc
	// faults replace the answers to requests, by method and path.
	faults map[string]http.HandlerFunc
	// These are the requests of the steps that the tests of all engines break.
	open, signIn, fill, place, readBack, cleanUp string

	mu          sync.Mutex
	stock       int
	carts       int
	order       bool
	reservation bool
	number      int
	// next is what the store says of the next order's number after a clean-up, zero for nothing.
	next int
}

// eachShop runs a test with a fake shop of each engine.
func eachShop(t *testing.T, test func(t *testing.T, store *fakeShop)) {
	for name, newFake := range map[string]func(*testing.T) *fakeShop{"medusa": newFakeMedusa, "woocommerce": newFakeWooCommerce} {
		t.Run(name, func(t *testing.T) { test(t, newFake(t)) })
	}
}

// start begins to serve until the test ends.
func (f *fakeShop) start(t *testing.T) *fakeShop {
	t.Helper()
	f.stock, f.faults = fakeStock, map[string]http.HandlerFunc{}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeShop) target() Target {
	return Target{
		Engine: f.engine, BaseURL: "http://" + fakeHost, DialAddress: f.Listener.Addr().String(),
		Credentials: map[string]string{
			v1alpha1.KeyAdminEmail: fakeOwner, v1alpha1.KeyAdminPassword: fakePassword, v1alpha1.KeyPublishableKey: fakeKey,
		},
	}
}

// ServeHTTP answers like a store, or as the faults say.
func (f *fakeShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if fault, ok := f.faults[r.Method+" "+r.URL.Path]; ok {
		fault(w, r)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Host != fakeHost {
		http.Error(w, "wrong host", http.StatusNotFound)
		return
	}
	f.answer(w, r)
}

// well answers as a store in order, from within a fault.
func (f *fakeShop) well(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer(w, r)
}

// sell makes an order of one piece.
func (f *fakeShop) sell() {
	f.order, f.reservation = true, true
	f.stock--
}

// clean takes back all orders and carts, and says how many there were.
func (f *fakeShop) clean() (orders, carts, stock int) {
	carts = f.carts
	if f.order {
		orders = 1
	}
	if f.reservation {
		f.stock++
		stock = 1
	}
	f.order, f.reservation, f.carts = false, false, 0
	return orders, carts, stock
}

type object map[string]any

func reply(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// says answers with JSON, fails with a status and a text.
func says(answer any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, answer) }
}

func fails(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, status) }
}
