package shopper

import (
	"fmt"
	"maps"
	"net/http"
	"testing"
)

func TestMedusaFaults(t *testing.T) {
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
	checkFaults(t, newFakeMedusa, map[string]fault{
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
	})
}
