package shopper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"
)

// patience bounds what may take a while in these tests.
const patience = 10 * time.Second

// fault is one request that a store answers in its own way, and the failure that must come of it.
type fault struct {
	request string
	answer  http.HandlerFunc
	step    string
	status  int
}

// checkFaults buys in a shop with each of the faults.
func checkFaults(t *testing.T, newFake func(*testing.T) *fakeShop, faults map[string]fault) {
	t.Helper()
	for name, c := range faults {
		t.Run(name, func(t *testing.T) {
			store := newFake(t)
			store.faults[c.request] = c.answer
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
			checkNothingLeft(t, store)
		})
	}
}

func checkNothingLeft(t *testing.T, store *fakeShop) {
	t.Helper()
	if store.order || store.stock != fakeStock {
		t.Errorf("left: order %t, %d pieces", store.order, store.stock)
	}
}

func TestBuyLeavesNothing(t *testing.T) {
	eachShop(t, func(t *testing.T, store *fakeShop) {
		receipt, err := New(clock.RealClock{}).Buy(t.Context(), store.target())
		if err != nil {
			t.Fatal(err)
		}
		if receipt.OrderNumber != fmt.Sprint(store.number) || receipt.SoldAt.IsZero() || receipt.Duration <= 0 {
			t.Errorf("receipt = %+v", receipt)
		}
		names := []string{}
		for _, step := range receipt.Steps {
			names = append(names, step.Name)
		}
		if diff := cmp.Diff(stepNames(), names); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
		if store.carts != 0 {
			t.Errorf("left: %d carts", store.carts)
		}
		checkNothingLeft(t, store)
	})
}

// TestBuyClearsWhatWasLeft begins where an earlier proof was killed after its order.
func TestBuyClearsWhatWasLeft(t *testing.T) {
	eachShop(t, func(t *testing.T, store *fakeShop) {
		store.carts = 1
		store.sell()
		if _, err := New(clock.RealClock{}).Buy(t.Context(), store.target()); err != nil {
			t.Fatal(err)
		}
		if store.carts != 0 {
			t.Errorf("left: %d carts", store.carts)
		}
		checkNothingLeft(t, store)
	})
}

// TestBuyWaitsForTheRoute begins before the gateway knows the store, and before it knows the store's pods.
func TestBuyWaitsForTheRoute(t *testing.T) {
	eachShop(t, func(t *testing.T, store *fakeShop) {
		for _, status := range []int{http.StatusNotFound, http.StatusServiceUnavailable, http.StatusBadGateway} {
			tries := 0
			store.faults[store.open] = func(w http.ResponseWriter, r *http.Request) {
				if tries++; tries < 3 {
					http.Error(w, "no route", status)
					return
				}
				store.well(w, r)
			}
			if _, err := New(clock.RealClock{}).Buy(t.Context(), store.target()); err != nil || tries != 3 {
				t.Errorf("%d: %v after %d tries", status, err, tries)
			}
		}
	})
}

// TestBuyNoticesAnOrderThatNobodyHas lets the store confirm an order and forget it.
func TestBuyNoticesAnOrderThatNobodyHas(t *testing.T) {
	eachShop(t, func(t *testing.T, store *fakeShop) {
		store.faults[store.place] = func(w http.ResponseWriter, r *http.Request) {
			store.well(w, r)
			store.mu.Lock()
			defer store.mu.Unlock()
			store.order = false
		}
		_, err := New(clock.RealClock{}).Buy(t.Context(), store.target())
		var failed *StepError
		if !errors.As(err, &failed) || failed.Step != stepReadBack || failed.Status != http.StatusNotFound {
			t.Errorf("error = %v", err)
		}
		checkNothingLeft(t, store)
	})
}

// TestBuyFaultsOfPuttingBack lets the store go wrong when the order has been read back. The first removal is that of an
// earlier proof's remains.
func TestBuyFaultsOfPuttingBack(t *testing.T) {
	claim := func(w http.ResponseWriter) {
		reply(w, object{"orders": 1, "carts": 1, "reservations": 1, "stock": 1})
	}
	cases := map[string]struct {
		fault  func(*fakeShop, http.ResponseWriter)
		step   string
		status int
	}{
		"Refused":         {func(_ *fakeShop, w http.ResponseWriter) { http.Error(w, "deadlock detected", 500) }, stepPutBack, 500},
		"NothingRemoved":  {func(_ *fakeShop, w http.ResponseWriter) { reply(w, object{}) }, stepPutBack, 0},
		"OrderStaysThere": {func(f *fakeShop, w http.ResponseWriter) { f.stock++; claim(w) }, stepAsBefore, 0},
		"StockStaysDown":  {func(f *fakeShop, w http.ResponseWriter) { f.order = false; claim(w) }, stepAsBefore, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			eachShop(t, func(t *testing.T, store *fakeShop) {
				store.faults[store.cleanUp] = func(w http.ResponseWriter, r *http.Request) {
					store.mu.Lock()
					defer store.mu.Unlock()
					if store.order {
						c.fault(store, w)
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
		})
	}
}

func TestBuyEndsWithItsContext(t *testing.T) {
	eachShop(t, func(t *testing.T, store *fakeShop) {
		for _, request := range []string{store.open, store.signIn, store.place, store.readBack} {
			t.Run(request, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				store.faults = map[string]http.HandlerFunc{request: func(_ http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body) // Only then does the server notice a client that goes away.
					cancel()
					<-r.Context().Done()
				}}
				begin := time.Now()
				_, err := New(clock.RealClock{}).Buy(ctx, store.target())
				var failed *StepError
				if !errors.Is(err, context.Canceled) || !errors.As(err, &failed) {
					t.Errorf("error = %v, want a StepError of the context's", err)
				}
				if took := time.Since(begin); took > patience {
					t.Errorf("took %s", took)
				}
				checkNothingLeft(t, store)
			})
		}
	})
}

// TestErrorsKeepSecrets lets the store answer a request of each kind with everything secret that it was sent.
func TestErrorsKeepSecrets(t *testing.T) {
	eachShop(t, func(t *testing.T, store *fakeShop) {
		for _, request := range []string{store.open, store.signIn, store.cleanUp, store.fill, store.place, store.readBack} {
			t.Run(request, func(t *testing.T) {
				store.faults = map[string]http.HandlerFunc{request: func(w http.ResponseWriter, r *http.Request) {
					w.WriteHeader(http.StatusInternalServerError)
					fmt.Fprintf(w, "%s %s %v %s", r.Header.Get("Cookie"), r.Header.Get("X-Wp-Nonce"), r.Header, fakePassword)
				}}
				_, err := New(clock.RealClock{}).Buy(t.Context(), store.target())
				if err == nil {
					t.Fatal("no error")
				}
				for _, secret := range []string{fakePassword, fakeKey, fakeToken, fakeCookie, fakeNonce} {
					if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
						t.Errorf("%q is in the error: %v", secret, err)
					}
				}
			})
		}
	})
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
