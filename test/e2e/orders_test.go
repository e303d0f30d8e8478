package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestNoPlacedOrderIsLost deletes the server's pod again and again while a customer buys. Every order that the shop
// acknowledged must be there afterwards, and a cart must never have become two orders.
func TestNoPlacedOrderIsLost(t *testing.T) { eachEngine(t, testNoPlacedOrderIsLost) }

func testNoPlacedOrderIsLost(t *testing.T, p *platform, k kind) {
	made := p.create(t, k.engine, "ledger")
	shop, err := p.visit(t.Context(), k.engine, "ledger")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()

	acknowledged := map[string]bool{}
	placed := make(chan string, 1000)
	var buying sync.WaitGroup
	buyCtx, stopBuying := context.WithCancel(ctx)
	buying.Go(func() {
		// Customers come one after another, a tenth of a second apart at least.
		door := time.NewTicker(100 * time.Millisecond)
		defer door.Stop()
		for number := 0; ; number++ {
			// A customer whose request failed is not told of an order, so only successes count.
			if order, err := shop.buy(buyCtx, fmt.Sprintf("buyer%d@example.com", number)); err == nil {
				placed <- order.ID
			}
			select {
			case <-door.C:
			case <-buyCtx.Done():
				return
			}
		}
	})
	for range 3 {
		next := func() {
			select {
			case id := <-placed:
				acknowledged[id] = true
			case <-ctx.Done():
				t.Fatal("the customer could not buy any more")
			}
		}
		next()
		next()
		if err := p.kube.DeleteAllOf(ctx, &corev1.Pod{}, client.InNamespace(made.Namespace),
			client.MatchingLabels{"app.kubernetes.io/component": k.front}); err != nil {
			t.Fatal(err)
		}
		next()
	}
	stopBuying()
	buying.Wait()
	close(placed)
	for id := range placed {
		acknowledged[id] = true
	}

	var kept []order
	eventually(ctx, t, "the administrator sees the orders", func(ctx context.Context) error {
		owner, err := p.owner(ctx, t, shop, "ledger")
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
	for id := range acknowledged {
		if !seen[id] {
			t.Errorf("order %s was acknowledged and is lost", id)
		}
	}
	for buyer, count := range buyers {
		if count != 1 {
			t.Errorf("%s bought once and has %d orders", buyer, count)
		}
	}
	t.Logf("%d orders were acknowledged, %d are kept", len(acknowledged), len(kept))
}
