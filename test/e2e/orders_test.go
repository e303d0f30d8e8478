package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/test/podprocs"
)

// TestNoPlacedOrderIsLost deletes the pod that serves, kills its processes and kills the database while a customer buys. Every
// order that the shop acknowledged must be there afterwards, and a cart must never have become two orders.
func TestNoPlacedOrderIsLost(t *testing.T) { eachEngine(t, testNoPlacedOrderIsLost) }

func testNoPlacedOrderIsLost(t *testing.T, p *platform, k kind) {
	made := p.create(t, k.engine, "ledger")
	shop, err := p.visit(t.Context(), k.engine, "ledger")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 6*time.Minute)
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
	for what, strike := range p.strikes(k, made.Namespace) {
		next := func() {
			select {
			case id := <-placed:
				acknowledged[id] = true
			case <-ctx.Done():
				t.Fatalf("the customer could not buy any more (%s)", what)
			}
		}
		next()
		next()
		if err := strike(ctx); err != nil {
			t.Fatalf("%s: %v", what, err)
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

// strikes are what must not cost a shop an order, by their names.
func (p *platform) strikes(k kind, namespace string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"the pod that serves is deleted": func(ctx context.Context) error {
			return p.kube.DeleteAllOf(ctx, &corev1.Pod{}, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/component": k.front})
		},
		"the processes that serve are killed": func(ctx context.Context) error { return p.kill(ctx, namespace, k.front) },
		"the database is killed":              func(ctx context.Context) error { return p.kill(ctx, namespace, "database") },
	}
}

// kill ends all processes of a component's containers as a crash would. The sandbox of the pod stays.
func (p *platform) kill(ctx context.Context, namespace, component string) error {
	var pods corev1.PodList
	err := p.kube.List(ctx, &pods, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/component": component})
	if err != nil {
		return err
	}
	folders, err := podprocs.Folders(pods.Items)
	if err != nil {
		return err
	}
	killed := 0
	for _, folder := range slices.Concat(slices.Collect(maps.Values(folders))...) {
		name, err := os.ReadFile(filepath.Join(folder, "comm")) // #nosec G304 -- procfs
		if err != nil || strings.TrimSpace(string(name)) == "pause" {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			return err
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		killed++
	}
	if killed == 0 {
		return fmt.Errorf("%s has no process", component)
	}
	return nil
}
