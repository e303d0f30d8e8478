package woocommerce

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine/enginetest"
	"shopflow.dev/shopflow/internal/shopper"
)

func TestFaults(t *testing.T) {
	const (
		store    = "/wp-json/wc/store/v1/"
		products = "GET " + store + "products"
		customer = "POST " + store + "cart/update-customer"
		rate     = "POST " + store + "cart/select-shipping-rate"
		checkout = "POST " + store + "checkout"
		readBack = "GET /wp-json/wc/v3/orders/41"
	)
	order := func(change enginetest.Object) http.HandlerFunc { return enginetest.Says(orderOf(41, change)) }
	total := func(amount string) enginetest.Object {
		return enginetest.Object{"totals": enginetest.Object{"total_price": amount, "currency_code": "USD", "currency_minor_unit": 2}}
	}
	placed := func(number, email, payment string) http.HandlerFunc {
		return enginetest.Says(enginetest.Object{
			"order_id": 41, "order_number": number, "billing_address": enginetest.Object{"email": email}, "payment_result": enginetest.Object{"payment_status": payment},
		})
	}
	fault := enginetest.NewFault
	enginetest.Faults(t, newFake, map[string]enginetest.Fault{
		"NotReady":           fault("GET /", enginetest.Fails(503, "<h1>This shop is not ready</h1>"), shopper.StepOpen, 503),
		"NoStorefront":       fault("GET /", enginetest.Shows("<body class='wordpress'>It works!"), shopper.StepOpen, 0),
		"OtherAddress":       fault("GET /", enginetest.Shows(page("woocommerce", "http://other.example/cart/")), shopper.StepOpen, 0),
		"AddressWithoutPort": fault("GET /", enginetest.Shows(page("woocommerce", "http://demo.shopflow.localhost/cart/")), shopper.StepOpen, 0),
		"RedirectsAway":      fault("GET /", http.RedirectHandler("http://other.example/", http.StatusFound).ServeHTTP, shopper.StepOpen, 0),
		"RedirectLoop":       fault("GET /", http.RedirectHandler("/", http.StatusFound).ServeHTTP, shopper.StepOpen, 0),
		"NoDatabase":         fault("GET /", enginetest.Fails(500, "Error establishing a database connection"), shopper.StepOpen, 500),
		"NoCart":             fault("GET "+store+"cart", enginetest.Says(cartOf(nil)), shopper.StepProducts, 0),
		"NoProducts":         fault(products, enginetest.Says([]enginetest.Object{}), shopper.StepProducts, 0),
		"NothingInStock":     fault(products, enginetest.Says([]enginetest.Object{productOf(11, 0)}), shopper.StepProducts, 0),
		"NothingCounted":     fault(products, enginetest.Says([]enginetest.Object{productOf(11, uncounted)}), shopper.StepProducts, 0),
		"ProductsNotJSON":    fault(products, enginetest.Shows("<html>"), shopper.StepProducts, 200),
		"NoPrice":            fault(products, enginetest.Says([]enginetest.Object{{"id": 1}}), shopper.StepProducts, 0),
		"LoginFails":         fault("POST /wp-login.php", enginetest.Fails(500, "boom"), shopper.StepSignIn, 500),
		"NoNonce":            fault("GET /wp-admin/admin-ajax.php", enginetest.Shows("0"), shopper.StepSignIn, 200),
		"CartFails":          fault("POST "+store+"cart/add-item", enginetest.Fails(400, `{"message":"out of stock"}`), shopper.StepCart, 400),
		"AddressRefused":     fault(customer, enginetest.Fails(400, `{"message":"Invalid parameter"}`), shopper.StepCart, 400),
		"CartOfOther":        fault(customer, enginetest.Says(cartOf(enginetest.Object{"billing_address": enginetest.Object{"email": "other@example.com"}})), shopper.StepCart, 0),
		"CartInEuro":         fault(customer, enginetest.Says(cartOf(enginetest.Object{"totals": enginetest.Object{"total_price": "4250", "currency_code": "EUR"}})), shopper.StepCart, 0),
		"CartTwice":          fault(customer, enginetest.Says(cartOf(enginetest.Object{"items": []enginetest.Object{{"id": 11, "quantity": 2}}})), shopper.StepCart, 0),
		"CartTooCheap":       fault(customer, enginetest.Says(cartOf(total("100"))), shopper.StepCart, 0),
		"NoShipping":         fault(customer, enginetest.Says(cartOf(enginetest.Object{"shipping_rates": []enginetest.Object{}})), shopper.StepShipping, 0),
		"NoRate":             fault(customer, enginetest.Says(cartOf(enginetest.Object{"shipping_rates": []enginetest.Object{{"package_id": 0}}})), shopper.StepShipping, 0),
		"ShippingRefused":    fault(rate, enginetest.Fails(400, "no such rate"), shopper.StepShipping, 400),
		"NoPayOnDelivery":    fault(rate, enginetest.Says(cartOf(enginetest.Object{"payment_methods": []string{"bacs"}})), shopper.StepPayment, 0),
		"OrderFails":         fault(checkout, enginetest.Fails(500, "boom"), shopper.StepOrder, 500),
		"PaymentFails":       fault(checkout, placed("41", shopper.ProofEmail, "failure"), shopper.StepOrder, 0),
		"OrderNoNumber":      fault(checkout, placed("", shopper.ProofEmail, "success"), shopper.StepOrder, 0),
		"OrderOfOther":       fault(checkout, placed("41", "other@example.com", "success"), shopper.StepOrder, 0),
		"ReadBackFails":      fault(readBack, enginetest.Fails(500, "boom"), shopper.StepReadBack, 500),
		"ReadBackOther":      fault(readBack, order(enginetest.Object{"number": "42"}), shopper.StepReadBack, 0),
		"ReadBackCheaper":    fault(readBack, order(enginetest.Object{"total": "30.49"}), shopper.StepReadBack, 0),
		"ReadBackNoTotal":    fault(readBack, order(enginetest.Object{"total": ""}), shopper.StepReadBack, 0),
		"ReadBackInEuro":     fault(readBack, order(enginetest.Object{"currency": "EUR"}), shopper.StepReadBack, 0),
		"ReadBackMore":       fault(readBack, order(enginetest.Object{"line_items": []enginetest.Object{{"product_id": 11, "quantity": 2}}}), shopper.StepReadBack, 0),
		"ReadBackVariation":  fault(readBack, order(enginetest.Object{"line_items": []enginetest.Object{{"product_id": 11, "variation_id": 12, "quantity": 1}}}), shopper.StepReadBack, 0),
		"StockUnchanged":     fault("GET "+store+"products/11", enginetest.Says(productOf(11, enginetest.Stock)), shopper.StepStock, 0),
		"ClearingRefused":    fault("DELETE /wp-json/shopflow/v1/proof-orders", enginetest.Fails(403, "forbidden"), shopper.StepLeftovers, 403),
	})
}

// TestWrongPassword lets WordPress show its form again.
func TestWrongPassword(t *testing.T) {
	store := newFake(t)
	target := store.Target()
	target.Credentials = map[string]string{v1alpha1.KeyAdminEmail: enginetest.Owner, v1alpha1.KeyAdminPassword: "battery-staple"}
	_, err := shopper.New(clock.RealClock{}).Buy(t.Context(), target)
	var failed *shopper.StepError
	if !errors.As(err, &failed) || failed.Step != shopper.StepSignIn || failed.Status != http.StatusOK || failed.Answer != "Error: wrong password" {
		t.Errorf("error = %+v", failed)
	}
}

// TestOrderNumber lets the shop keep the number that the proof's order had, and lets a customer buy meanwhile.
func TestOrderNumber(t *testing.T) {
	for next, want := range map[int]string{41: "", 42: "the next order would have number 42, not 41", 43: "", 0: ""} {
		store := newFake(t)
		store.NextNumber = next
		_, err := shopper.New(clock.RealClock{}).Buy(t.Context(), store.Target())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("the next number is %d: error %v, want %q", next, err, want)
		}
	}
}

// TestVariation has no simple products.
func TestVariation(t *testing.T) {
	store := newFake(t)
	store.Faults["GET /wp-json/wc/store/v1/products"] = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("type") == "variation" {
			enginetest.Reply(w, []enginetest.Object{productOf(11, enginetest.Stock)})
			return
		}
		enginetest.Reply(w, []enginetest.Object{productOf(9, uncounted)})
	}
	store.Faults["GET /wp-json/wc/v3/orders/41"] = func(w http.ResponseWriter, r *http.Request) {
		if store.Ordered {
			enginetest.Reply(w, orderOf(41, enginetest.Object{"line_items": []enginetest.Object{{"product_id": 9, "variation_id": 11, "quantity": 1}}}))
			return
		}
		store.Healthy(w, r)
	}
	if _, err := shopper.New(clock.RealClock{}).Buy(t.Context(), store.Target()); err != nil {
		t.Error(err)
	}
}
