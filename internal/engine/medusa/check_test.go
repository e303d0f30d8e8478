package medusa

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/internal/engine/enginetest"
	"shopflow.dev/shopflow/internal/shopper"
)

// target is a shop that lives, as the shopper is told.
func target(fake *enginetest.Fake) shopper.Target {
	target := fake.Target()
	target.Tokens = []string{machineToken}
	return target
}

func check(t *testing.T, target shopper.Target) error {
	t.Helper()
	_, err := shopper.New(clock.RealClock{}).Check(t.Context(), target)
	return err
}

func TestCheck(t *testing.T) {
	t.Run("LeavesNothing", func(t *testing.T) {
		fake := newFake(t)
		fake.Faults[fake.Requests.SignIn] = enginetest.Fails(http.StatusUnauthorized, "a check is no administrator")
		for range 2 {
			checked, err := shopper.New(clock.RealClock{}).Check(t.Context(), target(fake))
			if err != nil || checked.At.IsZero() || checked.Duration <= 0 {
				t.Fatalf("%+v, %v", checked, err)
			}
		}
		if fake.Ordered || fake.Carts != 0 || fake.Pieces != enginetest.Stock {
			t.Errorf("left: order %t, %d carts, %d pieces", fake.Ordered, fake.Carts, fake.Pieces)
		}
	})
	t.Run("AfterAnInterruptedOne", func(t *testing.T) {
		fake := newFake(t)
		fake.Ordered, fake.Carts = true, 1
		if err := check(t, target(fake)); err != nil || fake.Ordered || fake.Carts != 0 {
			t.Errorf("%v, left: order %t, %d carts", err, fake.Ordered, fake.Carts)
		}
	})
}

func TestCheckFaults(t *testing.T) {
	const (
		complete = "POST /store/carts/cart_1/complete"
		payment  = "POST /store/payment-collections/pay_1/payment-sessions"
		readBack = "GET /shopflow/check/orders/order_1"
		cleanUp  = "DELETE /shopflow/check/orders"
	)
	numbered := func(number int) http.HandlerFunc {
		return enginetest.Says(enginetest.Object{"type": "order", "order": enginetest.Object{
			"id": "order_1", "display_id": number, "email": shopper.CheckEmail, "currency_code": "usd", "total": 29.5, "items": items(1),
		}})
	}
	for name, fault := range map[string]enginetest.Fault{
		"TakesANumber":   enginetest.NewFault(complete, numbered(7), shopper.StepOrder, 0),
		"NoNumber":       enginetest.NewFault(complete, numbered(0), shopper.StepOrder, 0),
		"OrderFails":     enginetest.NewFault(complete, enginetest.Fails(500, "boom"), shopper.StepOrder, 500),
		"PaymentFails":   enginetest.NewFault(payment, enginetest.Fails(500, "boom"), shopper.StepPayment, 500),
		"OrderLost":      enginetest.NewFault(readBack, enginetest.Fails(404, "no such order"), shopper.StepReadBack, 404),
		"OrderOther":     enginetest.NewFault(readBack, enginetest.Says(checkedOrder(-2)), shopper.StepReadBack, 0),
		"CleanUpFails":   enginetest.NewFault(cleanUp, enginetest.Fails(500, "deadlock detected"), shopper.StepLeftovers, 500),
		"NothingRemoved": enginetest.NewFault(cleanUp, enginetest.Says(enginetest.Object{}), shopper.StepCleanUp, 0),
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			fake.Faults[fault.Request] = fault.Answer
			err := check(t, target(fake))
			if failed, ok := errors.AsType[*shopper.StepError](err); !ok || failed.Step != fault.Step || failed.Status != fault.Status {
				t.Errorf("failed with %v, want %q with status %d", err, fault.Step, fault.Status)
			}
			if _, ok := errors.AsType[*shopper.CannotCheckError](err); ok {
				t.Errorf("%v: the shop is broken, which its owner did not decide", err)
			}
		})
	}
}

// TestCannotCheck is about shops that work, and in which nothing can be bought.
func TestCannotCheck(t *testing.T) {
	const refused = `{"message":"Payment provider with id: pp_system_default not found or not enabled for region"}`
	none := func(key string) http.HandlerFunc {
		return enginetest.Says(enginetest.Object{key: []enginetest.Object{}})
	}
	for name, test := range map[string]struct {
		faults map[string]http.HandlerFunc
		cause  error
	}{
		"NoRegions":  {map[string]http.HandlerFunc{"GET /store/regions": none("regions")}, shopper.ErrNoShipping},
		"NoProducts": {map[string]http.HandlerFunc{"GET /store/products": none("products")}, shopper.ErrNoProducts},
		"NoShipping": {map[string]http.HandlerFunc{"GET /store/shipping-options": none("shipping_options")}, shopper.ErrNoShipping},
		"NoPayment": {map[string]http.HandlerFunc{
			"POST /store/payment-collections/pay_1/payment-sessions": enginetest.Fails(400, refused),
			"GET /store/payment-providers":                           none("payment_providers"),
		}, shopper.ErrNoPayment},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			fake.Faults = test.faults
			err := check(t, target(fake))
			if _, ok := errors.AsType[*shopper.CannotCheckError](err); !ok || !errors.Is(err, test.cause) {
				t.Errorf("%v, want a CannotCheckError by %v", err, test.cause)
			}
		})
	}
	t.Run("SoldOut", func(t *testing.T) {
		fake := newFake(t)
		fake.Pieces = 0
		if err := check(t, target(fake)); !errors.Is(err, shopper.ErrSoldOut) {
			t.Errorf("%v, want %v", err, shopper.ErrSoldOut)
		}
	})
	for name, token := range map[string]string{"NoToken": "", "WrongToken": strings.Repeat("w", len(machineToken))} {
		t.Run(name, func(t *testing.T) {
			fake := newFake(t)
			target := target(fake)
			target.Tokens = []string{token}
			err := check(t, target)
			if _, ok := errors.AsType[*shopper.CannotCheckError](err); !ok || fake.Ordered {
				t.Errorf("%v, want a CannotCheckError; ordered: %t", err, fake.Ordered)
			}
			if token != "" && strings.Contains(err.Error(), token) {
				t.Errorf("the token is in the error %v", err)
			}
		})
	}
}

func TestTitle(t *testing.T) {
	fake := newFake(t)
	setTitle := func(target shopper.Target, title string) error {
		return shopper.New(clock.RealClock{}).SetTitle(t.Context(), target, title)
	}
	expect := func(title string) {
		t.Helper()
		request, answer := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		request.Host = enginetest.Host
		fake.ServeHTTP(answer, request)
		if page := answer.Body.String(); !strings.Contains(page, `"storeName":"`+title+`"`) {
			t.Errorf("the page %s lacks the title %s", page, title)
		}
	}
	if err := setTitle(target(fake), "Moss and Clay"); err != nil {
		t.Fatal(err)
	}
	expect("Moss and Clay")
	if err := setTitle(fake.Target(), "No token"); err == nil {
		t.Error("the title was changed without a token")
	}
	refused, ok := errors.AsType[*shopper.StepError](setTitle(target(fake), ""))
	if !ok || refused.Status != http.StatusBadRequest {
		t.Errorf("an empty title: %v", refused)
	}
	expect("Moss and Clay")
	fake.Faults["PUT /shopflow/title"] = enginetest.Says(enginetest.Object{"title": "Another"})
	if err := setTitle(target(fake), "Oak"); err == nil {
		t.Error("another title than the wanted one was accepted")
	}
}
