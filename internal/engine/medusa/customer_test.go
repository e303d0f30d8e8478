package medusa

import (
	"maps"
	"net/http"
	"testing"

	"shopflow.dev/shopflow/internal/engine/enginetest"
	"shopflow.dev/shopflow/internal/shopper"
)

func TestFaults(t *testing.T) {
	order := func(change enginetest.Object) enginetest.Object {
		whole := enginetest.Object{"id": "order_1", "display_id": 1, "email": shopper.ProofEmail, "currency_code": "usd", "total": 29.5, "items": items(1)}
		maps.Copy(whole, change)
		return enginetest.Object{"type": "order", "order": whole}
	}
	cart := func(change enginetest.Object) enginetest.Object {
		whole := enginetest.Object{"id": "cart_1", "email": shopper.ProofEmail, "currency_code": "usd", "total": 29.5, "items": items(1)}
		maps.Copy(whole, change)
		return enginetest.Object{"cart": whole}
	}
	const (
		complete = "POST /store/carts/cart_1/complete"
		readBack = "GET /admin/orders/order_1"
		cleanUp  = "DELETE /admin/shopflow/proof-orders"
	)
	fault := enginetest.NewFault
	enginetest.Faults(t, newFake, map[string]enginetest.Fault{
		"NotReady":           fault("GET /", enginetest.Fails(503, "<h1>This shop is not ready</h1>"), shopper.StepOpen, 503),
		"NoStorefront":       fault("GET /", enginetest.Shows("It works!"), shopper.StepOpen, 0),
		"BrokenConfig":       fault("GET /", enginetest.Shows(`<script id="store-config">{</script>`), shopper.StepOpen, 0),
		"NoKey":              fault("GET /", enginetest.Shows(`<script id="store-config">{}</script>`), shopper.StepOpen, 0),
		"OtherKey":           fault("GET /", enginetest.Shows(`<script id="store-config">{"publishableKey":"pk_other"}</script>`), shopper.StepOpen, 0),
		"RedirectsAway":      fault("GET /", http.RedirectHandler("http://other.example/", http.StatusFound).ServeHTTP, shopper.StepOpen, 0),
		"RedirectLoop":       fault("GET /", http.RedirectHandler("/", http.StatusFound).ServeHTTP, shopper.StepOpen, 0),
		"EndlessPage":        fault("GET /", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 4<<20+1)) }, shopper.StepOpen, 0),
		"NoRegions":          fault("GET /store/regions", enginetest.Says(enginetest.Object{"regions": []enginetest.Object{}}), shopper.StepProducts, 0),
		"NoCountries":        fault("GET /store/regions", enginetest.Says(enginetest.Object{"regions": []enginetest.Object{{"id": "reg"}}}), shopper.StepProducts, 0),
		"RegionsFail":        fault("GET /store/regions", enginetest.Fails(500, `{"message":"no database"}`), shopper.StepProducts, 500),
		"NoProducts":         fault("GET /store/products", enginetest.Says(enginetest.Object{"products": []enginetest.Object{}}), shopper.StepProducts, 0),
		"NothingInStock":     fault("GET /store/products", enginetest.Says(enginetest.Object{"products": []enginetest.Object{{"variants": []enginetest.Object{{"manage_inventory": true}}}}}), shopper.StepProducts, 0),
		"ProductsNotJSON":    fault("GET /store/products", enginetest.Shows(""), shopper.StepProducts, 200),
		"WrongPassword":      fault("POST /auth/user/emailpass", enginetest.Fails(401, `{"message":"Invalid email or password"}`), shopper.StepSignIn, 401),
		"NoToken":            fault("POST /auth/user/emailpass", enginetest.Says(enginetest.Object{}), shopper.StepSignIn, 0),
		"CartFails":          fault("POST /store/carts", enginetest.Fails(500, "no cache"), shopper.StepCart, 500),
		"CartOfOther":        fault("POST /store/carts", enginetest.Says(cart(enginetest.Object{"email": "other@example.com"})), shopper.StepCart, 0),
		"CartInEuro":         fault("POST /store/carts", enginetest.Says(cart(enginetest.Object{"currency_code": "eur"})), shopper.StepCart, 0),
		"CartEmpty":          fault("POST /store/carts", enginetest.Says(cart(enginetest.Object{"items": items(0)})), shopper.StepCart, 0),
		"CartTooCheap":       fault("POST /store/carts", enginetest.Says(cart(enginetest.Object{"total": 1})), shopper.StepCart, 0),
		"NoShipping":         fault("GET /store/shipping-options", enginetest.Says(enginetest.Object{}), shopper.StepShipping, 0),
		"ShippingRefused":    fault("POST /store/carts/cart_1/shipping-methods", enginetest.Fails(400, "no such option"), shopper.StepShipping, 400),
		"ShippingTakesPrice": fault("POST /store/carts/cart_1/shipping-methods", enginetest.Says(cart(enginetest.Object{"total": 1})), shopper.StepShipping, 0),
		"OtherAmountToPay":   fault("POST /store/payment-collections", enginetest.Says(enginetest.Object{"payment_collection": enginetest.Object{"id": "pay_1", "amount": 1}}), shopper.StepPayment, 0),
		"PaymentRefused":     fault("POST /store/payment-collections/pay_1/payment-sessions", enginetest.Fails(400, "no such provider"), shopper.StepPayment, 400),
		"OrderFails":         fault(complete, enginetest.Fails(500, "boom"), shopper.StepOrder, 500),
		"OrderRefused":       fault(complete, enginetest.Says(enginetest.Object{"type": "cart", "error": enginetest.Object{"message": "Not enough stock"}}), shopper.StepOrder, 200),
		"OrderNoNumber":      fault(complete, enginetest.Says(order(enginetest.Object{"display_id": 0})), shopper.StepOrder, 0),
		"OrderOtherTotal":    fault(complete, enginetest.Says(order(enginetest.Object{"total": 30})), shopper.StepOrder, 0),
		"OrderOtherItems":    fault(complete, enginetest.Says(order(enginetest.Object{"items": items(2)})), shopper.StepOrder, 0),
		"OrderOfOther":       fault(complete, enginetest.Says(order(enginetest.Object{"email": "other@example.com"})), shopper.StepOrder, 0),
		"ReadBackFails":      fault(readBack, enginetest.Fails(500, "boom"), shopper.StepReadBack, 500),
		"ReadBackOther":      fault(readBack, enginetest.Says(order(enginetest.Object{"display_id": 2})), shopper.StepReadBack, 0),
		"StockUnchanged":     fault("GET /store/products/prod_1", enginetest.Says(enginetest.Object{"product": enginetest.Object{"variants": []enginetest.Object{{"id": "variant_1", "inventory_quantity": enginetest.Stock}}}}), shopper.StepStock, 0),
		"ProductGone":        fault("GET /store/products/prod_1", enginetest.Says(enginetest.Object{"product": enginetest.Object{}}), shopper.StepStock, 0),
		"ClearingRefused":    fault(cleanUp, enginetest.Fails(403, "forbidden"), shopper.StepLeftovers, 403),
	})
}
