package shopper

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

const (
	// ProofEmail is the customer of every proof. A store finds by it what a proof has left.
	ProofEmail = "proof-of-sale@shopflow.invalid"
	// CheckEmail is the customer of every check.
	CheckEmail = "check-of-sale@shopflow.invalid"
	// Quantity is how many pieces a proof buys.
	Quantity = 1
	// smallestCoin is less than the smallest coin of any currency.
	smallestCoin = 0.0005
)

// Why a shop that works cannot be bought in: its owner has it so. They may be wrapped.
var (
	ErrNoProducts = errors.New("the shop has no products")
	ErrSoldOut    = errors.New("the shop has no product in stock that has a price")
	ErrNoShipping = errors.New("the shop offers no shipping")
	ErrNoPayment  = errors.New("the shop does not offer payment on delivery")
)

// Shop is a running shop of one engine, as a customer and as its administrator. The proof says in which order the methods are
// called, and checks the results. Open comes first; ChooseProduct may run beside SignIn and CleanUp. A refusal by the shop is a
// *StepError.
//
// In a check (Client.Checks), all requests of the Client carry the machine's token. The shop then gives the order no number of
// its customers' and takes no stock for it. No one signs in: Order and CleanUp use routes that the token opens, and see
// orders of CheckEmail only.
type Shop interface {
	// Open reads the first page and checks that it belongs to this store.
	Open(ctx context.Context) error
	// SignIn signs in as administrator with the store's credentials.
	SignIn(ctx context.Context) error
	// ChooseProduct picks a product that has a price and counted stock: the same one every time, as long as the shop is the same.
	ChooseProduct(ctx context.Context) (Product, error)
	// FillCart creates a cart with one product, the customer's address and Client.Email.
	FillCart(ctx context.Context, chosen Product) (Cart, error)
	// ChooseShipping takes the cheapest shipping, and returns the cart with its new total.
	ChooseShipping(ctx context.Context, filled Cart) (Cart, error)
	// ChoosePayment selects cash on delivery, or its equivalent.
	ChoosePayment(ctx context.Context, filled Cart) error
	// PlaceOrder turns the cart into an order and returns the order's ID and number.
	PlaceOrder(ctx context.Context, filled Cart) (id, number string, err error)
	// Order returns an order as the administrator sees it, a *StepError with status 404 if it does not exist.
	Order(ctx context.Context, id string) (Order, error)
	// Stock returns how many pieces of a product customers can buy.
	Stock(ctx context.Context, chosen Product) (int, error)
	// CleanUp removes the orders and carts of Client.Email, and restores their stock.
	CleanUp(ctx context.Context) (Removed, error)
}

// Titled is a Shop whose title can be changed while it sells, with the machine's token.
type Titled interface {
	// SetTitle changes the shop's title, in its database and in what customers see.
	SetTitle(ctx context.Context, title string) error
}

// Product is something to buy.
type Product struct {
	ID string
	// Page is the ID of the page that shows the product, where that is another one.
	Page     string
	Stock    int
	Price    float64
	Currency string
}

// Item is a product in a cart or an order.
type Item struct {
	Product  string
	Quantity float64
}

// Cart is what a customer is about to buy.
type Cart struct {
	ID, Email, Currency string
	Total               float64
	Items               []Item
}

// Order is what a customer has bought.
type Order struct {
	ID, Number, Email, Currency string
	Total                       float64
	Items                       []Item
}

// Removed counts what a shop removed of earlier proofs.
type Removed struct {
	Orders, Carts, Stock int
	// NextNumber is the number of the next order; zero where the shop does not say.
	NextNumber int
}

// check returns an error unless the cart is the customer's and holds one of the product. In a new shop, which has no promotions, it costs
// its price at least.
func (c Cart) check(client *Client, chosen Product) error {
	switch {
	case c.ID == "" || c.Email != client.Email() || c.Currency != chosen.Currency:
		return errors.New("the cart belongs to another customer")
	case !slices.Equal(c.Items, []Item{{Product: chosen.ID, Quantity: Quantity}}):
		return fmt.Errorf("the cart holds %v, not what was put in", c.Items)
	case !client.Checks() && c.Total < chosen.Price*Quantity-smallestCoin:
		return fmt.Errorf("the cart's total is %v, less than the price of %v", c.Total, chosen.Price)
	}
	return nil
}

// Check returns an error that names the first difference from the order that was expected.
func (o Order) Check(want Order) error {
	switch {
	case o.ID != want.ID || o.Number != want.Number:
		return fmt.Errorf("the order has number %s, not %s", o.Number, want.Number)
	case o.Email != want.Email:
		return errors.New("the order belongs to another customer")
	case o.Currency != want.Currency || !SameAmount(o.Total, want.Total):
		return fmt.Errorf("the order's total is %v %s, not %v %s", o.Total, o.Currency, want.Total, want.Currency)
	case !(o.Total > 0):
		return errors.New("the order's total is zero")
	case !slices.Equal(o.Items, want.Items):
		return fmt.Errorf("the order is for %v, not %v", o.Items, want.Items)
	}
	return nil
}

// SameAmount reports whether two amounts of one currency are equal, but for rounding.
func SameAmount(a, b float64) bool { return math.Abs(a-b) < smallestCoin }
