package shopper

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// proofEmail is the customer of every proof. The store removes by it what a proof has left.
	proofEmail = "proof-of-sale@shopflow.invalid"
	// quantity is how many pieces a proof buys.
	quantity = 1
	// tidyTimeout bounds putting a store back after a proof that has failed.
	tidyTimeout = 10 * time.Second
	// smallestCoin is less than the smallest coin of any currency.
	smallestCoin = 0.0005
)

// The steps of a proof.
const (
	stepOpen     = "Open the shop"
	stepSignIn   = "Sign in as administrator"
	stepTidy     = "Clear what an earlier proof left"
	stepProducts = "List the products"
	stepCart     = "Fill the cart"
	stepShipping = "Choose the shipping"
	stepPayment  = "Choose to pay on delivery"
	stepOrder    = "Place the order"
	stepReadBack = "Read the order back as administrator"
	stepReserved = "See the stock go down"
	stepPutBack  = "Put order and stock back"
	stepAsBefore = "See that the shop is as before"
)

// stepNames are the steps in the order of the receipt.
func stepNames() []string {
	return []string{
		stepOpen, stepSignIn, stepTidy, stepProducts, stepCart, stepShipping, stepPayment, stepOrder, stepReadBack, stepReserved,
		stepPutBack, stepAsBefore,
	}
}

// StepNumber returns which step of a proof has the name, counted from 1, and how many there are; 0 if none has.
func StepNumber(name string) (number, of int) {
	return slices.Index(stepNames(), name) + 1, len(stepNames())
}

// shop is what can be done in the shops of one engine. The proof says in which order, and what must come of it. A refusal
// is a *StepError.
type shop interface {
	// open reads the first page and checks that it is that of this very store.
	open(ctx context.Context) error
	// choose picks a product that has a price and whose stock is counted: the same one as long as the shop is the same.
	choose(ctx context.Context) (product, error)
	// signIn signs in with the credentials that the owner gets.
	signIn(ctx context.Context) error
	// fillCart makes a cart with one product and everything that the customer has to say.
	fillCart(ctx context.Context, chosen product) (cart, error)
	// chooseShipping takes the cheapest way, and choosePayment pays on delivery.
	chooseShipping(ctx context.Context, filled cart) (cart, error)
	choosePayment(ctx context.Context, filled cart) error
	// placeOrder makes an order of the cart and returns its ID and its number.
	placeOrder(ctx context.Context, filled cart) (id, number string, err error)
	// order returns an order as the administrator sees it, a StepError with status 404 if there is none.
	order(ctx context.Context, id string) (order, error)
	// stock returns how many pieces of a product customers can buy.
	stock(ctx context.Context, chosen product) (int, error)
	// putBack removes whatever proofs have left in the store, and puts its stock back.
	putBack(ctx context.Context) (removed, error)
}

// product is something to buy.
type product struct {
	id, page string
	stock    int
	price    float64
	currency string
}

type item struct {
	product  string
	quantity float64
}

type cart struct {
	id, email, currency string
	total               float64
	items               []item
}

type order struct {
	id, number, email, currency string
	total                       float64
	items                       []item
}

// removed counts what the store removed of proofs.
type removed struct {
	orders, carts, stock int
	// next is the number that the next order will get. It is zero where the shop does not say.
	next int
}

// proof is one proof in one shop.
type proof struct {
	*visit
	shop shop
}

// buy does the whole proof.
func (p *proof) buy(ctx context.Context) (Receipt, error) {
	chosen, err := p.enter(ctx)
	if err != nil {
		return Receipt{}, err
	}
	receipt, err := p.sell(ctx, chosen)
	if err != nil {
		// The owner must not find our order. The error that counts is the first one.
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTimeout)
		defer cancel()
		_, _ = p.shop.putBack(after)
		return Receipt{}, err
	}
	return receipt, nil
}

// enter opens the shop and looks around as a customer while the administrator clears what an earlier proof has left.
func (p *proof) enter(ctx context.Context) (chosen product, err error) {
	if err := p.step(ctx, stepOpen, p.shop.open); err != nil {
		return chosen, err
	}
	choose := func(ctx context.Context) (err error) { chosen, err = p.shop.choose(ctx); return err }
	var left removed
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error { return p.step(both, stepProducts, choose) })
	group.Go(func() error {
		if err := p.step(both, stepSignIn, p.shop.signIn); err != nil {
			return err
		}
		return p.step(both, stepTidy, func(ctx context.Context) (err error) {
			left, err = p.shop.putBack(ctx)
			return err
		})
	})
	if err := group.Wait(); err != nil {
		return chosen, err
	}
	if left.orders+left.carts+left.stock == 0 {
		return chosen, nil
	}
	// What was left may have held stock when the products were listed.
	err = p.step(ctx, stepProducts, choose)
	return chosen, err
}

// sell buys one product, reads the order back and puts all back.
func (p *proof) sell(ctx context.Context, chosen product) (Receipt, error) {
	var (
		filled cart
		placed order
	)
	stages := []struct {
		name string
		work func(context.Context) error
	}{
		{stepCart, func(ctx context.Context) (err error) {
			if filled, err = p.shop.fillCart(ctx, chosen); err != nil {
				return err
			}
			return filled.holds(chosen)
		}},
		{stepShipping, func(ctx context.Context) (err error) {
			if filled, err = p.shop.chooseShipping(ctx, filled); err != nil {
				return err
			}
			return filled.holds(chosen)
		}},
		{stepPayment, func(ctx context.Context) error { return p.shop.choosePayment(ctx, filled) }},
		{stepOrder, func(ctx context.Context) (err error) {
			placed = order{email: filled.email, currency: filled.currency, total: filled.total, items: filled.items}
			placed.id, placed.number, err = p.shop.placeOrder(ctx, filled)
			return err
		}},
	}
	for _, stage := range stages {
		if err := p.step(ctx, stage.name, stage.work); err != nil {
			return Receipt{}, err
		}
	}
	if err := p.readBack(ctx, placed, chosen); err != nil {
		return Receipt{}, err
	}
	receipt := Receipt{OrderNumber: placed.number, SoldAt: p.clock.Now(), Duration: p.clock.Since(p.start)}
	if err := p.leaveNothing(ctx, placed, chosen); err != nil {
		return Receipt{}, err
	}
	receipt.Steps = p.steps(stepNames())
	return receipt, nil
}

// readBack checks as administrator that the order is there, and as customer that the stock is reserved.
func (p *proof) readBack(ctx context.Context, placed order, chosen product) error {
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		return p.step(both, stepReadBack, func(ctx context.Context) error {
			kept, err := p.shop.order(ctx, placed.id)
			if err != nil {
				return err
			}
			return kept.sameAs(placed)
		})
	})
	group.Go(func() error {
		return p.step(both, stepReserved, func(ctx context.Context) error { return p.expectStock(ctx, chosen, chosen.stock-quantity) })
	})
	return group.Wait()
}

// leaveNothing puts all back and checks that neither the administrator nor a customer can see any of it.
func (p *proof) leaveNothing(ctx context.Context, placed order, chosen product) error {
	err := p.step(ctx, stepPutBack, func(ctx context.Context) error {
		gone, err := p.shop.putBack(ctx)
		if err != nil {
			return err
		}
		if gone.orders != 1 || gone.carts < 1 || gone.stock < 1 {
			return fmt.Errorf("the store put back %d orders, %d carts and %d pieces, not one of each", gone.orders, gone.carts, gone.stock)
		}
		// Where somebody has come after the proof the number is past it. Otherwise the owner's next order gets it.
		if number, err := strconv.Atoi(placed.number); err == nil && gone.next == number+1 {
			return fmt.Errorf("the next order would be number %d, not %d", gone.next, number)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return p.step(ctx, stepAsBefore, func(ctx context.Context) error {
		group, both := errgroup.WithContext(ctx)
		group.Go(func() error { return p.expectNoOrder(both, placed.id) })
		group.Go(func() error { return p.expectStock(both, chosen, chosen.stock) })
		return group.Wait()
	})
}

func (p *proof) expectStock(ctx context.Context, chosen product, want int) error {
	stock, err := p.shop.stock(ctx, chosen)
	if err == nil && stock != want {
		return fmt.Errorf("the shop has %d pieces, not %d; it had %d before the sale", stock, want, chosen.stock)
	}
	return err
}

func (p *proof) expectNoOrder(ctx context.Context, id string) error {
	_, err := p.shop.order(ctx, id)
	var failed *StepError
	switch {
	case err == nil:
		return errors.New("the order is still there")
	case errors.As(err, &failed) && failed.Status == http.StatusNotFound:
		return nil
	default:
		return err
	}
}

// holds returns an error unless a cart is the customer's and holds one of the product, at its price or more.
func (c cart) holds(chosen product) error {
	switch {
	case c.id == "" || c.email != proofEmail || c.currency != chosen.currency:
		return errors.New("the cart is not the customer's")
	case !slices.Equal(c.items, []item{{product: chosen.id, quantity: quantity}}):
		return fmt.Errorf("the cart does not hold what was put in: %v", c.items)
	case c.total < chosen.price*quantity-smallestCoin:
		return fmt.Errorf("the cart is worth %v, less than its goods at %v", c.total, chosen.price)
	}
	return nil
}

// sameAs returns an error that names the first difference of an order to the one that it should be.
func (o order) sameAs(wanted order) error {
	switch {
	case o.id != wanted.id || o.number != wanted.number:
		return fmt.Errorf("the order is number %s, not %s", o.number, wanted.number)
	case o.email != wanted.email:
		return errors.New("the order is another customer's")
	case o.currency != wanted.currency || !sameMoney(o.total, wanted.total):
		return fmt.Errorf("the order is worth %v %s, not %v %s", o.total, o.currency, wanted.total, wanted.currency)
	case !(o.total > 0):
		return errors.New("the order is worth nothing")
	case !slices.Equal(o.items, wanted.items):
		return fmt.Errorf("the order is for %v, not %v", o.items, wanted.items)
	}
	return nil
}

func sameMoney(a, b float64) bool { return math.Abs(a-b) < smallestCoin }
