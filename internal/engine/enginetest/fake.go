package enginetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/shopper"
)

// Host and Owner are the address and the administrator of every shop under test.
const (
	Host  = "demo.shopflow.localhost:8080"
	Owner = "owner@demo.shopflow.localhost"
)

// What a Fake knows, if an engine's fake has such things.
const (
	Key      = "pk_0123456789abcdef"
	Password = "correct-horse"
	Token    = "eyJhbGciOi.eyJzdWIiOi.c2ln" // #nosec G101 -- of a fake
	Cookie   = "owner%7C1764000000%7CsessionTokenOfTheOwner"
	Nonce    = "0a1b2c3d4e"
	Stock    = 12
)

// Requests are the requests of a proof in the shops of an engine, each as its method and path.
type Requests struct {
	Open, SignIn, FillCart, PlaceOrder, ReadBack, CleanUp string
}

// Fake stands in for a shop in tests of faults: a real one does not fail on demand. That the engine's Shop can buy in a real one
// is for the tests on a real node to show.
type Fake struct {
	NewShop  func(client *shopper.Client, credentials map[string]string) shopper.Shop
	Requests Requests
	// Credentials are those that the shop accepts.
	Credentials map[string]string
	// Answer is what a healthy shop answers. It runs under the lock.
	Answer http.HandlerFunc
	// Faults replace the answers to requests, by method and path.
	Faults map[string]http.HandlerFunc

	sync.Mutex
	// Number is that of the order; NextNumber is what the shop says of the next one after a clean-up, zero for nothing.
	Number, NextNumber int
	Pieces, Carts      int
	Ordered, Reserved  bool

	server *httptest.Server
}

// With returns the shop with other credentials, without serving it.
func (f *Fake) With(credentials map[string]string) http.Handler {
	f.Pieces, f.Credentials = Stock, credentials
	return f
}

// Start serves the shop until the test ends.
func (f *Fake) Start(t *testing.T) *Fake {
	t.Helper()
	f.Pieces, f.Faults = Stock, map[string]http.HandlerFunc{}
	if f.Credentials == nil {
		f.Credentials = map[string]string{
			v1alpha1.KeyAdminEmail: Owner, v1alpha1.KeyAdminPassword: Password, v1alpha1.KeyPublishableKey: Key,
		}
	}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

// Target is the shop as the shopper is told.
func (f *Fake) Target() shopper.Target {
	return shopper.Target{
		NewShop: f.NewShop, BaseURL: "http://" + Host, DialAddress: f.server.Listener.Addr().String(), Credentials: f.Credentials,
	}
}

// ServeHTTP answers like a healthy shop, or as the faults say.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if fault, ok := f.Faults[r.Method+" "+r.URL.Path]; ok {
		fault(w, r)
		return
	}
	if r.Host != Host {
		http.Error(w, "wrong host", http.StatusNotFound)
		return
	}
	f.Healthy(w, r)
}

// Healthy answers like a healthy shop, from within a fault.
func (f *Fake) Healthy(w http.ResponseWriter, r *http.Request) {
	f.Lock()
	defer f.Unlock()
	f.Answer(w, r)
}

// Order places an order of one piece. The caller holds the lock.
func (f *Fake) Order() {
	f.Ordered, f.Reserved = true, true
	f.Pieces--
}

// CleanUp removes all orders and carts, and says how many there were. The caller holds the lock.
func (f *Fake) CleanUp() shopper.Removed {
	removed := shopper.Removed{Carts: f.Carts, NextNumber: f.NextNumber}
	if f.Ordered {
		removed.Orders = 1
	}
	if f.Reserved {
		f.Pieces++
		removed.Stock = 1
	}
	f.Ordered, f.Reserved, f.Carts = false, false, 0
	return removed
}

// Object is a JSON object.
type Object map[string]any

// Reply answers with JSON.
func Reply(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// Says answers every request with JSON.
func Says(answer any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { Reply(w, answer) }
}

// Shows answers every request with a text.
func Shows(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// Fails answers every request with a status and a text.
func Fails(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, status) }
}
