package shopper

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// proofEmail is the customer of every proof. The store removes by it what a proof has left.
	proofEmail = "proof-of-sale@shopflow.invalid"
	// payOnDelivery is Medusa's built-in way to pay later.
	payOnDelivery = "pp_system_default"
	// quantity is how many pieces a proof buys.
	quantity = 1
	// tidyTimeout bounds putting a store back after a proof that has failed.
	tidyTimeout = 10 * time.Second
)

// The steps of a proof in a Medusa store.
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

// medusaSteps are the steps in the order of the receipt.
func medusaSteps() []string {
	return []string{
		stepOpen, stepSignIn, stepTidy, stepProducts, stepCart, stepShipping, stepPayment, stepOrder, stepReadBack, stepReserved,
		stepPutBack, stepAsBefore,
	}
}

// medusa is a visit to a Medusa store.
type medusa struct {
	*visit
	target Target
	token  string
}

// buy does the whole proof.
func (m *medusa) buy(ctx context.Context) (Receipt, error) {
	region, chosen, err := m.enter(ctx)
	if err != nil {
		return Receipt{}, err
	}
	receipt, err := m.sell(ctx, region, chosen)
	if err != nil {
		// The owner must not find our order. The error that counts is the first one.
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTimeout)
		defer cancel()
		_, _ = m.putBack(after)
		return Receipt{}, err
	}
	return receipt, nil
}

// enter opens the shop and looks around as a customer while the administrator clears what an earlier proof has left.
func (m *medusa) enter(ctx context.Context) (region medusaRegion, chosen medusaVariant, err error) {
	if err := m.step(ctx, stepOpen, m.open); err != nil {
		return region, chosen, err
	}
	var left medusaRemoved
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		return m.step(both, stepProducts, func(ctx context.Context) (err error) {
			if region, err = m.region(ctx); err != nil {
				return err
			}
			chosen, err = m.choose(ctx, region)
			return err
		})
	})
	group.Go(func() error {
		if err := m.step(both, stepSignIn, m.signIn); err != nil {
			return err
		}
		return m.step(both, stepTidy, func(ctx context.Context) (err error) {
			left, err = m.putBack(ctx)
			return err
		})
	})
	if err := group.Wait(); err != nil {
		return region, chosen, err
	}
	if left == (medusaRemoved{}) {
		return region, chosen, nil
	}
	// What was left may have held stock when the products were listed.
	err = m.step(ctx, stepProducts, func(ctx context.Context) (err error) {
		chosen, err = m.choose(ctx, region)
		return err
	})
	return region, chosen, err
}

// sell buys one product, reads the order back and puts all back.
func (m *medusa) sell(ctx context.Context, region medusaRegion, chosen medusaVariant) (Receipt, error) {
	var (
		cart  medusaCart
		order medusaOrder
	)
	stages := []struct {
		name string
		work func(context.Context) error
	}{
		{stepCart, func(ctx context.Context) (err error) { cart, err = m.fillCart(ctx, region, chosen); return err }},
		{stepShipping, func(ctx context.Context) (err error) { cart, err = m.chooseShipping(ctx, cart); return err }},
		{stepPayment, func(ctx context.Context) error { return m.choosePayment(ctx, cart) }},
		{stepOrder, func(ctx context.Context) (err error) { order, err = m.placeOrder(ctx, cart); return err }},
	}
	for _, stage := range stages {
		if err := m.step(ctx, stage.name, stage.work); err != nil {
			return Receipt{}, err
		}
	}
	if err := m.readBack(ctx, order, chosen); err != nil {
		return Receipt{}, err
	}
	receipt := Receipt{OrderNumber: strconv.Itoa(order.DisplayID), SoldAt: m.clock.Now(), Duration: m.clock.Since(m.start)}
	if err := m.leaveNothing(ctx, order, chosen); err != nil {
		return Receipt{}, err
	}
	receipt.Steps = m.steps(medusaSteps())
	return receipt, nil
}

// readBack checks as administrator that the order is there, and as customer that the stock is reserved.
func (m *medusa) readBack(ctx context.Context, order medusaOrder, chosen medusaVariant) error {
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		return m.step(both, stepReadBack, func(ctx context.Context) error {
			kept, err := m.order(ctx, order.ID)
			if err != nil {
				return err
			}
			return kept.sameAs(order)
		})
	})
	group.Go(func() error {
		return m.step(both, stepReserved, func(ctx context.Context) error { return m.expectStock(ctx, chosen, chosen.Stock-quantity) })
	})
	return group.Wait()
}

// leaveNothing puts all back and checks that neither the administrator nor a customer can see any of it.
func (m *medusa) leaveNothing(ctx context.Context, order medusaOrder, chosen medusaVariant) error {
	err := m.step(ctx, stepPutBack, func(ctx context.Context) error {
		removed, err := m.putBack(ctx)
		if err != nil {
			return err
		}
		if removed.Orders != 1 || removed.Carts < 1 || removed.Reservations < 1 {
			return fmt.Errorf("the store removed %d orders, %d carts and %d reservations, not one of each", removed.Orders, removed.Carts, removed.Reservations)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return m.step(ctx, stepAsBefore, func(ctx context.Context) error {
		group, both := errgroup.WithContext(ctx)
		group.Go(func() error { return m.expectNoOrder(both, order.ID) })
		group.Go(func() error { return m.expectStock(both, chosen, chosen.Stock) })
		return group.Wait()
	})
}
