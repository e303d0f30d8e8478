package woocommerce

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/internal/engine/enginetest"
	"shopflow.dev/shopflow/internal/shopper"
)

const (
	// machineToken is the platform's at the fake, reserved the number of every check's order.
	machineToken = "machineTokenOf43LettersAndDigits00000000000" // #nosec G101 -- of a fake
	reserved     = 7

	machineRoutes = "/wp-json/shopflow/v1/"
)

// checkedOf is a check's order as the platform sees it, with some fields changed.
func checkedOf(change enginetest.Object) enginetest.Object {
	order := enginetest.Object{
		"id": strconv.Itoa(reserved), "number": strconv.Itoa(reserved), "email": shopper.CheckEmail, "currency": "usd", "total": 30.5,
		"items": []enginetest.Object{{"product": "11", "quantity": 1}},
	}
	maps.Copy(order, change)
	return order
}

// live is a shop that the platform knows.
func live(t *testing.T) (*enginetest.Fake, shopper.Target) {
	t.Helper()
	store := newFake(t)
	target := store.Target()
	target.Tokens = []string{machineToken}
	return store, target
}

func TestCheck(t *testing.T) {
	store, target := live(t)
	// What an interrupted check has left.
	store.Ordered, store.Carts = true, 1
	// The administrator is not asked for.
	target.Credentials = nil
	for range 2 {
		checked, err := shopper.New(clock.RealClock{}).Check(t.Context(), target)
		if err != nil || checked.At.IsZero() {
			t.Fatalf("checked %+v, error %v", checked, err)
		}
		if store.Ordered || store.Carts != 0 || store.Pieces != enginetest.Stock {
			t.Errorf("left: order %t, %d carts, %d pieces", store.Ordered, store.Carts, store.Pieces)
		}
	}
}

// TestProofIsNoCheck makes sure that the token opens nothing to a proof, which signs in.
func TestProofIsNoCheck(t *testing.T) {
	store, target := live(t)
	refuse := func(w http.ResponseWriter, _ *http.Request) {
		t.Error("a proof used a route of the platform")
		http.NotFound(w, nil)
	}
	store.Faults["DELETE "+machineRoutes+"check/orders"] = refuse
	if _, err := shopper.New(clock.RealClock{}).Buy(t.Context(), target); err != nil {
		t.Error(err)
	}
}

func TestCheckFaults(t *testing.T) {
	const (
		products = "GET /wp-json/wc/store/v1/products"
		fill     = "POST /wp-json/wc/store/v1/cart/add-item"
		customer = "POST /wp-json/wc/store/v1/cart/update-customer"
		rate     = "POST /wp-json/wc/store/v1/cart/select-shipping-rate"
		checkout = "POST /wp-json/wc/store/v1/checkout"
		readBack = "GET " + machineRoutes + "check/orders/7"
		cleanUp  = "DELETE " + machineRoutes + "check/orders"
	)
	cart := func(change enginetest.Object) http.HandlerFunc {
		change["billing_address"] = enginetest.Object{"email": shopper.CheckEmail}
		return enginetest.Says(cartOf(change))
	}
	gone := enginetest.Fails(409, `{"code":"woocommerce_rest_product_partially_out_of_stock","message":"\"Mug\" is sold out."}`)
	for name, test := range map[string]struct {
		request string
		answer  http.HandlerFunc
		step    string
		// cannot says that nothing is wrong with the shop.
		cannot bool
		cause  error
	}{
		"NoProducts":      {products, enginetest.Says([]enginetest.Object{}), shopper.StepProducts, true, shopper.ErrNoProducts},
		"SoldOut":         {products, enginetest.Says([]enginetest.Object{productOf(11, 0)}), shopper.StepProducts, true, shopper.ErrSoldOut},
		"SoldMeanwhile":   {fill, gone, shopper.StepCart, true, shopper.ErrSoldOut},
		"SoldAtLast":      {checkout, gone, shopper.StepOrder, true, shopper.ErrSoldOut},
		"NoShipping":      {customer, cart(enginetest.Object{"shipping_rates": []enginetest.Object{}}), shopper.StepShipping, true, shopper.ErrNoShipping},
		"NoPayment":       {rate, cart(enginetest.Object{"payment_methods": []string{"bacs"}}), shopper.StepPayment, true, shopper.ErrNoPayment},
		"CartFails":       {fill, enginetest.Fails(500, "boom"), shopper.StepCart, false, nil},
		"CheckoutFails":   {checkout, enginetest.Fails(500, "boom"), shopper.StepOrder, false, nil},
		"OrderOfCustomer": {checkout, enginetest.Says(enginetest.Object{"order_id": 41, "order_number": "41", "billing_address": enginetest.Object{"email": "ada@example.com"}, "payment_result": enginetest.Object{"payment_status": "success"}}), shopper.StepOrder, false, nil},
		"ReadBackCheaper": {readBack, enginetest.Says(checkedOf(enginetest.Object{"total": 30.49})), shopper.StepReadBack, false, nil},
		"ReadBackOther":   {readBack, enginetest.Says(checkedOf(enginetest.Object{"email": "ada@example.com"})), shopper.StepReadBack, false, nil},
		"ReadBackMore":    {readBack, enginetest.Says(checkedOf(enginetest.Object{"items": []enginetest.Object{{"product": "11", "quantity": 2}}})), shopper.StepReadBack, false, nil},
		"CleanUpFails":    {cleanUp, enginetest.Fails(500, "deadlock"), shopper.StepLeftovers, false, nil},
		"OtherToken":      {cleanUp, enginetest.Fails(401, `{"message":"This is for the platform."}`), shopper.StepLeftovers, true, nil},
		"TooOld":          {cleanUp, enginetest.Fails(404, `{"code":"rest_no_route"}`), shopper.StepLeftovers, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			store, target := live(t)
			store.Faults[test.request] = test.answer
			_, err := shopper.New(clock.RealClock{}).Check(t.Context(), target)
			refused, ok := errors.AsType[*shopper.StepError](err)
			if !ok || refused.Step != test.step {
				t.Fatalf("error %v, want one at %q", err, test.step)
			}
			if _, cannot := errors.AsType[*shopper.CannotCheckError](err); cannot != test.cannot || test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("error %v: cannot be checked %t, want %t because of %v", err, cannot, test.cannot, test.cause)
			}
			if strings.Contains(err.Error(), machineToken) {
				t.Errorf("the token is in the error: %v", err)
			}
		})
	}
}

func TestSetTitle(t *testing.T) {
	for name, test := range map[string]struct{ answer, want string }{
		"Set":   {`{"title":"Ada's \u003cb\u003e"}`, ""},
		"Other": {`{"title":"Shop"}`, `the shop has the title "Shop"`},
	} {
		t.Run(name, func(t *testing.T) {
			store, target := live(t)
			got := map[string]string{}
			store.Faults["PUT "+machineRoutes+"title"] = func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Shopflow-Machine") != machineToken || json.NewDecoder(r.Body).Decode(&got) != nil {
					http.Error(w, "refused", http.StatusUnauthorized)
					return
				}
				enginetest.Shows(test.answer)(w, r)
			}
			err := shopper.New(clock.RealClock{}).SetTitle(t.Context(), target, "Ada's <b>")
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if got["title"] != "Ada's <b>" {
				t.Errorf("the shop was sent %q", got)
			}
		})
	}
	store, target := live(t)
	store.Faults["PUT "+machineRoutes+"title"] = enginetest.Fails(401, `{"message":"This is for the platform."}`)
	err := shopper.New(clock.RealClock{}).SetTitle(t.Context(), target, "Demo")
	if _, ok := errors.AsType[*shopper.CannotCheckError](err); !ok {
		t.Errorf("error %v, want one that says the platform is not known", err)
	}
}
