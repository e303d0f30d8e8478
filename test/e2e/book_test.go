package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

// book is what customers, who come one after another, were told of their orders.
type book struct {
	p     *platform
	shop  shop
	store string

	ctx    context.Context
	stop   func()
	buying sync.WaitGroup
	placed chan string

	mu sync.Mutex
	// acknowledged are the orders' IDs, last is when the last of them was, and pause the longest time between two since it was last
	// asked for.
	acknowledged map[string]bool
	last         time.Time
	pause        time.Duration
}

// openBook lets customers buy until the book is closed, or for a time. A tenth of a second lies between two of them at least.
func (p *platform) openBook(t *testing.T, k kind, store string, most time.Duration) *book {
	t.Helper()
	return p.openPacedBook(t, k, store, most, 100*time.Millisecond)
}

// openPacedBook is openBook with another time between two customers: a shop has only so many pieces.
func (p *platform) openPacedBook(t *testing.T, k kind, store string, most, pace time.Duration) *book {
	t.Helper()
	shop, err := p.visit(t.Context(), k.engine, store)
	if err != nil {
		t.Fatal(err)
	}
	b := &book{p: p, shop: shop, store: store, placed: make(chan string), acknowledged: map[string]bool{}}
	b.ctx, b.stop = context.WithTimeout(t.Context(), most)
	t.Cleanup(b.stop)
	b.buying.Go(func() {
		door := time.NewTicker(pace)
		defer door.Stop()
		for number := 0; b.ctx.Err() == nil; number++ {
			b.buy(number)
			select {
			case <-door.C:
			case <-b.ctx.Done():
			}
		}
	})
	return b
}

// buy sends one customer. Who got an error is not told of an order, so only successes count.
func (b *book) buy(number int) {
	order, err := b.shop.buy(b.ctx, fmt.Sprintf("buyer%d@example.com", number))
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.acknowledged[order.ID] = true
	if !b.last.IsZero() {
		b.pause = max(b.pause, time.Since(b.last))
	}
	b.last = time.Now()
	select {
	case b.placed <- order.ID:
	default:
	}
}

// sells waits for an order that is placed from now on.
func (b *book) sells(t *testing.T, what string) {
	t.Helper()
	select {
	case <-b.placed:
	case <-b.ctx.Done():
		t.Fatalf("the customer could not buy any more (%s)", what)
	}
}

// longestPause returns the longest time between two orders since it was last called. Customers whose request waits count as well as
// those who get an error.
func (b *book) longestPause() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	pause := b.pause
	b.pause = 0
	return pause
}

// close ends buying, and compares what the customers were told with the orders that the administrator sees: each is there, and no
// cart has become two.
func (b *book) close(t *testing.T) {
	t.Helper()
	b.stop()
	b.buying.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var kept []order
	eventually(ctx, t, "the administrator sees the orders", func(ctx context.Context) error {
		owner, err := b.p.owner(ctx, t, b.shop, b.store)
		if err != nil {
			return err
		}
		kept, err = owner.orders(ctx)
		return err
	})
	seen, buyers := map[string]bool{}, map[string]int{}
	for _, order := range kept {
		seen[order.ID] = true
		buyers[order.Email]++
	}
	for id := range b.acknowledged {
		if !seen[id] {
			t.Errorf("order %s was acknowledged and is lost", id)
		}
	}
	for buyer, count := range buyers {
		if count != 1 {
			t.Errorf("%s bought once and has %d orders", buyer, count)
		}
	}
	t.Logf("%d orders were acknowledged, %d are kept", len(b.acknowledged), len(kept))
}
