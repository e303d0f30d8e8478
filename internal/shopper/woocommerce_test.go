package shopper

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"k8s.io/utils/clock"
)

func TestWooCommerceFaults(t *testing.T) {
	const (
		store    = "/wp-json/wc/store/v1/"
		products = "GET " + store + "products"
		customer = "POST " + store + "cart/update-customer"
		rate     = "POST " + store + "cart/select-shipping-rate"
		checkout = "POST " + store + "checkout"
		readBack = "GET /wp-json/wc/v3/orders/41"
	)
	page := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	order := func(change object) http.HandlerFunc { return says(wooOrderOf(41, change)) }
	total := func(amount string) object {
		return object{"totals": object{"total_price": amount, "currency_code": "USD", "currency_minor_unit": 2}}
	}
	placed := func(number, email, payment string) http.HandlerFunc {
		return says(object{
			"order_id": 41, "order_number": number, "billing_address": object{"email": email}, "payment_result": object{"payment_status": payment},
		})
	}
	checkFaults(t, newFakeWooCommerce, map[string]fault{
		"NotReady":           {"GET /", fails(503, "<h1>This shop is not ready</h1>"), stepOpen, 503},
		"NoStorefront":       {"GET /", page("<body class='wordpress'>It works!"), stepOpen, 0},
		"OtherAddress":       {"GET /", page(wooPage("woocommerce", "http://other.example/cart/")), stepOpen, 0},
		"AddressWithoutPort": {"GET /", page(wooPage("woocommerce", "http://demo.shopflow.localhost/cart/")), stepOpen, 0},
		"LeadsElsewhere":     {"GET /", http.RedirectHandler("http://other.example/", http.StatusFound).ServeHTTP, stepOpen, 0},
		"LeadsInCircles":     {"GET /", http.RedirectHandler("/", http.StatusFound).ServeHTTP, stepOpen, 0},
		"NoDatabase":         {"GET /", fails(500, "Error establishing a database connection"), stepOpen, 500},
		"NoCart":             {"GET " + store + "cart", says(wooCartOf(nil)), stepProducts, 0},
		"NoProducts":         {products, says([]object{}), stepProducts, 0},
		"NothingInStock":     {products, says([]object{wooProductOf(11, 0)}), stepProducts, 0},
		"NothingCounted":     {products, says([]object{wooProductOf(11, uncounted)}), stepProducts, 0},
		"ProductsNotJSON":    {products, page("<html>"), stepProducts, 200},
		"NoPrice":            {products, says([]object{{"id": 1}}), stepProducts, 0},
		"LoginFails":         {"POST /wp-login.php", fails(500, "boom"), stepSignIn, 500},
		"NoNonce":            {"GET /wp-admin/admin-ajax.php", page("0"), stepSignIn, 200},
		"CartFails":          {"POST " + store + "cart/add-item", fails(400, `{"message":"out of stock"}`), stepCart, 400},
		"AddressRefused":     {customer, fails(400, `{"message":"Invalid parameter"}`), stepCart, 400},
		"CartOfOther":        {customer, says(wooCartOf(object{"billing_address": object{"email": "other@example.com"}})), stepCart, 0},
		"CartInEuro":         {customer, says(wooCartOf(object{"totals": object{"total_price": "4250", "currency_code": "EUR"}})), stepCart, 0},
		"CartTwice":          {customer, says(wooCartOf(object{"items": []object{{"id": 11, "quantity": 2}}})), stepCart, 0},
		"CartTooCheap":       {customer, says(wooCartOf(total("100"))), stepCart, 0},
		"NoShipping":         {customer, says(wooCartOf(object{"shipping_rates": []object{}})), stepShipping, 0},
		"NoRate":             {customer, says(wooCartOf(object{"shipping_rates": []object{{"package_id": 0}}})), stepShipping, 0},
		"ShippingRefused":    {rate, fails(400, "no such rate"), stepShipping, 400},
		"NoPayOnDelivery":    {rate, says(wooCartOf(object{"payment_methods": []string{"bacs"}})), stepPayment, 0},
		"OrderFails":         {checkout, fails(500, "boom"), stepOrder, 500},
		"PaymentFails":       {checkout, placed("41", proofEmail, "failure"), stepOrder, 0},
		"OrderNoNumber":      {checkout, placed("", proofEmail, "success"), stepOrder, 0},
		"OrderOfOther":       {checkout, placed("41", "other@example.com", "success"), stepOrder, 0},
		"ReadBackFails":      {readBack, fails(500, "boom"), stepReadBack, 500},
		"ReadBackOther":      {readBack, order(object{"number": "42"}), stepReadBack, 0},
		"ReadBackCheaper":    {readBack, order(object{"total": "30.49"}), stepReadBack, 0},
		"ReadBackNoTotal":    {readBack, order(object{"total": ""}), stepReadBack, 0},
		"ReadBackInEuro":     {readBack, order(object{"currency": "EUR"}), stepReadBack, 0},
		"ReadBackMore":       {readBack, order(object{"line_items": []object{{"product_id": 11, "quantity": 2}}}), stepReadBack, 0},
		"ReadBackVariation":  {readBack, order(object{"line_items": []object{{"product_id": 11, "variation_id": 12, "quantity": 1}}}), stepReadBack, 0},
		"StockUnchanged":     {"GET " + store + "products/11", says(wooProductOf(11, fakeStock)), stepReserved, 0},
		"ClearingRefused":    {"DELETE /wp-json/shopflow/v1/proof-orders", fails(403, "forbidden"), stepTidy, 403},
	})
}

// TestWooCommerceSaysWhyNobodySignsIn lets WordPress show its form again, as it does after a wrong password.
func TestWooCommerceSaysWhyNobodySignsIn(t *testing.T) {
	store := newFakeWooCommerce(t)
	target := store.target()
	target.Credentials["admin-password"] = "battery-staple"
	_, err := New(clock.RealClock{}).Buy(t.Context(), target)
	var failed *StepError
	if !errors.As(err, &failed) || failed.Step != stepSignIn || failed.Status != http.StatusOK || failed.Answer != "Error: wrong password" {
		t.Errorf("error = %+v", failed)
	}
}

// TestWooCommerceCounterIsPutBack lets the store keep the number that the proof's order had, and lets somebody buy meanwhile.
func TestWooCommerceCounterIsPutBack(t *testing.T) {
	for next, want := range map[int]string{41: "", 42: "the next order would be number 42, not 41", 43: "", 0: ""} {
		store := newFakeWooCommerce(t)
		store.next = next
		_, err := New(clock.RealClock{}).Buy(t.Context(), store.target())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("the next number is %d: error %v, want %q", next, err, want)
		}
	}
}

// TestWooCommerceBuysAVariation takes the plain products away.
func TestWooCommerceBuysAVariation(t *testing.T) {
	store := newFakeWooCommerce(t)
	store.faults["GET /wp-json/wc/store/v1/products"] = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("type") == "variation" {
			reply(w, []object{wooProductOf(11, fakeStock)})
			return
		}
		reply(w, []object{wooProductOf(9, uncounted)})
	}
	store.faults["GET /wp-json/wc/v3/orders/41"] = func(w http.ResponseWriter, r *http.Request) {
		if store.order {
			reply(w, wooOrderOf(41, object{"line_items": []object{{"product_id": 9, "variation_id": 11, "quantity": 1}}}))
			return
		}
		store.well(w, r)
	}
	if _, err := New(clock.RealClock{}).Buy(t.Context(), store.target()); err != nil {
		t.Error(err)
	}
}
