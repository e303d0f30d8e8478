package enginetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/internal/shopper"
)

// faultTimeout bounds what may take a while in these tests.
const faultTimeout = 10 * time.Second

// Fault is one request that a shop answers in its own way, and the failure that must come of it.
type Fault struct {
	// Request is a method and a path.
	Request string
	Answer  http.HandlerFunc
	// Step is where the proof must fail, Status what the failure says: zero if the shop answered with success, but wrongly.
	Step   string
	Status int
}

// NewFault returns a Fault.
func NewFault(request string, answer http.HandlerFunc, step string, status int) Fault {
	return Fault{Request: request, Answer: answer, Step: step, Status: status}
}

// Faults buys in a shop with each of the engine's own faults, then with those that are the same for every engine.
func Faults(t *testing.T, newFake func(*testing.T) *Fake, faults map[string]Fault) {
	t.Helper()
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			fake.Faults[fault.Request] = fault.Answer
			_, err := buy(t, fake.Target())
			checkFailure(t, err, fault.Step, fault.Status)
			if failed, ok := errors.AsType[*shopper.StepError](err); ok && failed.Status != 0 && failed.Status != http.StatusOK && failed.Answer == "" {
				t.Error("the error does not say what the shop answered")
			}
			checkNothingLeft(t, fake)
		})
	}
	for name, test := range map[string]func(*testing.T, *Fake){
		"Leftovers": checkLeftovers, "YoungRoute": checkYoungRoute, "LostOrder": checkLostOrder, "Context": checkContext, "Secrets": checkSecrecy,
	} {
		t.Run(name, func(t *testing.T) { test(t, newFake(t)) })
	}
	t.Run("CleanUp", func(t *testing.T) { checkCleanUp(t, newFake) })
}

func checkFailure(t *testing.T, err error, step string, status int) {
	t.Helper()
	failed, ok := errors.AsType[*shopper.StepError](err)
	if !ok {
		t.Fatalf("error %v; want a StepError", err)
	}
	if failed.Step != step || failed.Status != status {
		t.Errorf("failed at %q with status %d, want %q with %d: %v", failed.Step, failed.Status, step, status, err)
	}
}

func checkNothingLeft(t *testing.T, fake *Fake) {
	t.Helper()
	if fake.Ordered || fake.Pieces != Stock {
		t.Errorf("left: order %t, %d pieces", fake.Ordered, fake.Pieces)
	}
}

// checkLeftovers begins where an earlier proof was killed after its order.
func checkLeftovers(t *testing.T, fake *Fake) {
	fake.Carts = 1
	fake.Order()
	receipt, err := buy(t, fake.Target())
	if err != nil {
		t.Fatal(err)
	}
	if receipt.OrderNumber != fmt.Sprint(fake.Number) || receipt.SoldAt.IsZero() || receipt.Duration <= 0 {
		t.Errorf("receipt = %+v", receipt)
	}
	if fake.Carts != 0 {
		t.Errorf("left: %d carts", fake.Carts)
	}
	checkNothingLeft(t, fake)
}

// checkYoungRoute begins before the gateway knows the store, and before it knows the store's pods.
func checkYoungRoute(t *testing.T, fake *Fake) {
	for _, status := range []int{http.StatusNotFound, http.StatusServiceUnavailable, http.StatusBadGateway} {
		tries := 0
		fake.Faults[fake.Requests.Open] = func(w http.ResponseWriter, r *http.Request) {
			if tries++; tries < 3 {
				http.Error(w, "no route", status)
				return
			}
			fake.Healthy(w, r)
		}
		if _, err := buy(t, fake.Target()); err != nil || tries != 3 {
			t.Errorf("%d: %v after %d tries", status, err, tries)
		}
	}
}

// checkLostOrder lets the shop confirm an order and forget it.
func checkLostOrder(t *testing.T, fake *Fake) {
	fake.Faults[fake.Requests.PlaceOrder] = func(w http.ResponseWriter, r *http.Request) {
		fake.Healthy(w, r)
		fake.Lock()
		defer fake.Unlock()
		fake.Ordered = false
	}
	_, err := buy(t, fake.Target())
	checkFailure(t, err, shopper.StepReadBack, http.StatusNotFound)
	checkNothingLeft(t, fake)
}

// checkCleanUp lets the shop fail when the order has been read back. The first clean-up is that of what an earlier proof left.
func checkCleanUp(t *testing.T, newFake func(*testing.T) *Fake) {
	claim := func(w http.ResponseWriter) { Reply(w, Object{"orders": 1, "carts": 1, "reservations": 1, "stock": 1}) }
	for name, test := range map[string]struct {
		fault  func(*Fake, http.ResponseWriter)
		step   string
		status int
	}{
		"Refused":        {func(_ *Fake, w http.ResponseWriter) { http.Error(w, "deadlock detected", 500) }, shopper.StepCleanUp, 500},
		"NothingRemoved": {func(_ *Fake, w http.ResponseWriter) { Reply(w, Object{}) }, shopper.StepCleanUp, 0},
		"OrderStays":     {func(f *Fake, w http.ResponseWriter) { f.Pieces++; claim(w) }, shopper.StepNothing, 0},
		"StockStaysDown": {func(f *Fake, w http.ResponseWriter) { f.Ordered = false; claim(w) }, shopper.StepNothing, 0},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			fake.Faults[fake.Requests.CleanUp] = func(w http.ResponseWriter, r *http.Request) {
				fake.Lock()
				defer fake.Unlock()
				if fake.Ordered {
					test.fault(fake, w)
					return
				}
				fake.Answer(w, r)
			}
			_, err := buy(t, fake.Target())
			checkFailure(t, err, test.step, test.status)
		})
	}
}

// checkContext cancels the context in the middle of requests.
func checkContext(t *testing.T, fake *Fake) {
	for _, request := range []string{fake.Requests.Open, fake.Requests.SignIn, fake.Requests.PlaceOrder, fake.Requests.ReadBack} {
		t.Run(request, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			fake.Faults = map[string]http.HandlerFunc{request: func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // Only then does the server notice a client that leaves.
				cancel()
				<-r.Context().Done()
			}}
			begin := time.Now()
			_, err := shopper.New(clock.RealClock{}).Buy(ctx, fake.Target())
			if _, ok := errors.AsType[*shopper.StepError](err); !ok || !errors.Is(err, context.Canceled) {
				t.Errorf("error = %v, want a StepError of the context's", err)
			}
			if took := time.Since(begin); took > faultTimeout {
				t.Errorf("took %s", took)
			}
			checkNothingLeft(t, fake)
		})
	}
}

// checkSecrecy lets the shop answer a request of each kind with everything secret that it was sent.
func checkSecrecy(t *testing.T, fake *Fake) {
	all := fake.Requests
	for _, request := range []string{all.Open, all.SignIn, all.CleanUp, all.FillCart, all.PlaceOrder, all.ReadBack} {
		t.Run(request, func(t *testing.T) {
			fake.Faults = map[string]http.HandlerFunc{request: func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusInternalServerError)
				fmt.Fprintf(w, "%s %s %v %s", r.Header.Get("Cookie"), r.Header.Get("X-Wp-Nonce"), r.Header, Password) // #nosec G705 -- a fake
			}}
			_, err := buy(t, fake.Target())
			if err == nil {
				t.Fatal("no error")
			}
			for _, secret := range []string{Password, Key, Token, Cookie, Nonce} {
				if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
					t.Errorf("%q is in the error: %v", secret, err)
				}
			}
		})
	}
}
