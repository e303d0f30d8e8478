package shopper

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// cleanUpTimeout bounds the clean-up after a proof that has failed.
const cleanUpTimeout = 10 * time.Second

// stepFind comes before the proof: the shop's address, and the way to buy.
const stepFind = "Find the shop"

// The steps of a proof.
const (
	StepOpen      = "Open the shop"
	StepSignIn    = "Sign in as administrator"
	StepLeftovers = "Remove what earlier proofs left"
	StepProducts  = "List the products"
	StepCart      = "Fill the cart"
	StepShipping  = "Choose the shipping"
	StepPayment   = "Choose cash on delivery"
	StepOrder     = "Place the order"
	StepReadBack  = "Read the order back as administrator"
	StepStock     = "Check that the stock went down"
	StepCleanUp   = "Remove the order and restore the stock"
	StepNothing   = "Check that nothing is left"
)

// Steps returns the names of the steps in the order of the receipt.
func Steps() []string {
	return []string{
		StepOpen, StepSignIn, StepLeftovers, StepProducts, StepCart, StepShipping, StepPayment, StepOrder, StepReadBack, StepStock,
		StepCleanUp, StepNothing,
	}
}

// StepNumber returns which step of a proof has the name, counted from 1, and how many there are; 0 if none has.
func StepNumber(name string) (number, of int) {
	return slices.Index(Steps(), name) + 1, len(Steps())
}

// proof is one proof in one shop.
type proof struct {
	*Client
	shop Shop
}

// run does the whole proof.
func (p *proof) run(ctx context.Context) (Receipt, error) {
	chosen, err := p.enter(ctx)
	if err != nil {
		return Receipt{}, err
	}
	receipt, err := p.sell(ctx, chosen)
	if err != nil {
		// The owner must not find our order. The error that counts is the first one.
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTimeout)
		defer cancel()
		_, _ = p.shop.CleanUp(after)
		return Receipt{}, err
	}
	return receipt, nil
}

// enter opens the shop and lists the products as a customer while the administrator removes what an earlier proof has left.
func (p *proof) enter(ctx context.Context) (chosen Product, err error) {
	if err := p.step(ctx, StepOpen, p.shop.Open); err != nil {
		return chosen, err
	}
	choose := func(ctx context.Context) (err error) { chosen, err = p.shop.ChooseProduct(ctx); return err }
	var left Removed
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error { return p.step(both, StepProducts, choose) })
	group.Go(func() error {
		if err := p.step(both, StepSignIn, p.shop.SignIn); err != nil {
			return err
		}
		return p.step(both, StepLeftovers, func(ctx context.Context) (err error) {
			left, err = p.shop.CleanUp(ctx)
			return err
		})
	})
	if err := group.Wait(); err != nil {
		return chosen, err
	}
	if left.Orders+left.Carts+left.Stock == 0 {
		return chosen, nil
	}
	// What was left may have held stock when the products were listed.
	err = p.step(ctx, StepProducts, choose)
	return chosen, err
}

// sell buys one product, reads the order back and cleans up.
func (p *proof) sell(ctx context.Context, chosen Product) (Receipt, error) {
	placed, err := p.order(ctx, chosen)
	if err != nil {
		return Receipt{}, err
	}
	if err := p.readBack(ctx, placed, chosen); err != nil {
		return Receipt{}, err
	}
	receipt := Receipt{OrderNumber: placed.Number, SoldAt: p.clock.Now(), Duration: p.clock.Since(p.start)}
	if err := p.cleanUp(ctx, placed, chosen); err != nil {
		return Receipt{}, err
	}
	receipt.Steps = p.steps(Steps())
	return receipt, nil
}

// order buys one product.
func (p *proof) order(ctx context.Context, chosen Product) (placed Order, err error) {
	var filled Cart
	stages := []struct {
		name string
		work func(context.Context) error
	}{
		{StepCart, func(ctx context.Context) (err error) {
			if filled, err = p.shop.FillCart(ctx, chosen); err != nil {
				return err
			}
			return filled.check(p.Client, chosen)
		}},
		{StepShipping, func(ctx context.Context) (err error) {
			if filled, err = p.shop.ChooseShipping(ctx, filled); err != nil {
				return err
			}
			return filled.check(p.Client, chosen)
		}},
		{StepPayment, func(ctx context.Context) error { return p.shop.ChoosePayment(ctx, filled) }},
		{StepOrder, func(ctx context.Context) (err error) {
			placed = Order{Email: filled.Email, Currency: filled.Currency, Total: filled.Total, Items: filled.Items}
			placed.ID, placed.Number, err = p.shop.PlaceOrder(ctx, filled)
			return err
		}},
	}
	for _, stage := range stages {
		if err := p.step(ctx, stage.name, stage.work); err != nil {
			return Order{}, err
		}
	}
	return placed, nil
}

// readBack checks as administrator that the order is there, and as customer that the stock is reserved.
func (p *proof) readBack(ctx context.Context, placed Order, chosen Product) error {
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		return p.step(both, StepReadBack, func(ctx context.Context) error {
			kept, err := p.shop.Order(ctx, placed.ID)
			if err != nil {
				return err
			}
			return kept.Check(placed)
		})
	})
	group.Go(func() error {
		return p.step(both, StepStock, func(ctx context.Context) error { return p.expectStock(ctx, chosen, chosen.Stock-Quantity) })
	})
	return group.Wait()
}

// cleanUp removes the order and checks that neither the administrator nor a customer can see any of it.
func (p *proof) cleanUp(ctx context.Context, placed Order, chosen Product) error {
	err := p.step(ctx, StepCleanUp, func(ctx context.Context) error {
		gone, err := p.shop.CleanUp(ctx)
		if err != nil {
			return err
		}
		if gone.Orders != 1 || gone.Carts < 1 || gone.Stock < 1 {
			return fmt.Errorf("the store removed %d orders and %d carts and restored %d pieces, not one of each", gone.Orders, gone.Carts, gone.Stock)
		}
		// If a customer has come after the proof, the number is past it. Otherwise the owner's next order gets it.
		if number, err := strconv.Atoi(placed.Number); err == nil && gone.NextNumber == number+1 {
			return fmt.Errorf("the next order would have number %d, not %d", gone.NextNumber, number)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return p.step(ctx, StepNothing, func(ctx context.Context) error {
		group, both := errgroup.WithContext(ctx)
		group.Go(func() error { return p.expectNoOrder(both, placed.ID) })
		group.Go(func() error { return p.expectStock(both, chosen, chosen.Stock) })
		return group.Wait()
	})
}

func (p *proof) expectStock(ctx context.Context, chosen Product, want int) error {
	stock, err := p.shop.Stock(ctx, chosen)
	if err == nil && stock != want {
		return fmt.Errorf("the shop has %d pieces, not %d; it had %d before the sale", stock, want, chosen.Stock)
	}
	return err
}

func (p *proof) expectNoOrder(ctx context.Context, id string) error {
	_, err := p.shop.Order(ctx, id)
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
