package e2e

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/engine/all"
	"shopflow.dev/shopflow/internal/shopper"
)

// Of a round, as many customers as there are buy beside one another, while one check after the other runs.
const (
	customersOfARound = 4
	checksOfARound    = 5
)

// TestChecksBesideCustomers checks a shop again and again while customers buy in it: no customer notices. Each order is kept, their numbers
// follow one another, the stock is what they left, and the owner sees nothing of the checks.
func TestChecksBesideCustomers(t *testing.T) { eachEngine(t, testChecksBesideCustomers) }

func testChecksBesideCustomers(t *testing.T, p *platform, k kind) {
	rounds := 2
	if os.Getenv("SHOPFLOW_CHANGES") != "" {
		rounds = 20
	}
	p.create(t, k.engine, "checked")
	shop, owner := p.visitAsOwner(t, k.engine, "checked")
	before, err := shop.stock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	target := p.machine(t, k.engine, "checked")
	var took []time.Duration
	placed, mu := map[string]bool{}, sync.Mutex{}
	for round := range rounds {
		group, ctx := errgroup.WithContext(t.Context())
		for customer := range customersOfARound {
			group.Go(func() error {
				order, err := shop.buy(ctx, fmt.Sprintf("customer%d-%d@example.com", round, customer))
				mu.Lock()
				defer mu.Unlock()
				placed[order.ID] = true
				return err
			})
		}
		group.Go(func() error {
			for range checksOfARound {
				checked, err := shopper.New(clock.RealClock{}).Check(ctx, target)
				if err != nil {
					return fmt.Errorf("check: %w", err)
				}
				took = append(took, checked.Duration)
			}
			return nil
		})
		if err := group.Wait(); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	slices.Sort(took)
	t.Logf("%d checks beside %d orders of %d customers; a check took %.2f s (p50), %.2f s (p95)",
		len(took), len(placed), customersOfARound, took[len(took)/2].Seconds(), took[len(took)*95/100].Seconds())
	after, err := shop.stock(t.Context())
	if err != nil || after != before-rounds*customersOfARound {
		t.Errorf("%d pieces are left of %d after %d orders (%v)", after, before, rounds*customersOfARound, err)
	}
	verifyBooks(t, owner, placed)
}

// verifyBooks fails the test unless the owner sees the customers' orders and no others, and their numbers follow one another.
func verifyBooks(t *testing.T, owner owner, placed map[string]bool) {
	t.Helper()
	orders, err := owner.orders(t.Context())
	if err != nil || len(orders) != len(placed) {
		t.Errorf("the owner sees %d orders of %d (%v)", len(orders), len(placed), err)
	}
	var numbers []int
	for _, order := range orders {
		if !placed[order.ID] || strings.HasSuffix(order.Email, ".invalid") {
			t.Errorf("order %+v is no customer's", order)
		}
		number, err := strconv.Atoi(order.Number)
		if err != nil {
			t.Error(err)
		}
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	if last := numbers[len(numbers)-1]; last-numbers[0] != len(numbers)-1 {
		t.Errorf("the numbers of %d orders go from %d to %d: %v", len(numbers), numbers[0], last, numbers)
	}
}

// machine returns how the platform itself gets into a shop that lives.
func (p *platform) machine(t *testing.T, name v1alpha1.Engine, store string) shopper.Target {
	t.Helper()
	known, _ := engine.Find(all.Engines(), name)
	target := shopper.Target{NewShop: known.NewShop, BaseURL: p.url(store), Credentials: map[string]string{}}
	namespace := p.store(t, store).Status.Namespace
	for _, secret := range []string{v1alpha1.CredentialsSecret, v1alpha1.MachineSecret} {
		var read corev1.Secret
		if err := p.kube.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: secret}, &read); err != nil {
			t.Fatal(err)
		}
		if secret == v1alpha1.MachineSecret {
			target.Tokens = []string{string(read.Data[v1alpha1.KeyToken])}
			continue
		}
		for key, value := range read.Data {
			target.Credentials[key] = string(value)
		}
	}
	// Not even the administrator's password is needed.
	delete(target.Credentials, v1alpha1.KeyAdminPassword)
	return target
}

// TestATitleIsChangedUnderCustomers changes the title while customers buy: every page has the new one at once, no order is lost, no customer
// waits, and no pod is replaced.
func TestATitleIsChangedUnderCustomers(t *testing.T) {
	eachEngine(t, testATitleIsChangedUnderCustomers)
}

func testATitleIsChangedUnderCustomers(t *testing.T, p *platform, k kind) {
	const name = "named"
	made := p.create(t, k.engine, name, "--display-name", "First")
	pods := p.podUIDs(t, made.Namespace)
	book := p.openBook(t, k, name, time.Duration(changes(t))*time.Minute)
	for i := range changes(t) {
		title := fmt.Sprintf("Fern & Flint $(%d)", i)
		book.sells(t, "before title "+title)
		book.longestPause()
		if i%2 == 0 {
			p.must(t, "store", "update", name, "--display-name", title, "--wait")
		} else {
			p.patchSpec(t, name, map[string]any{"displayName": title})
			p.awaitUpdated(t, name)
		}
		p.verifyTitle(t, k, name, title)
		book.sells(t, "after title "+title)
		t.Logf("no order for %.1f s at most", book.longestPause().Seconds())
	}
	if after := p.podUIDs(t, made.Namespace); !slices.Equal(pods, after) {
		t.Errorf("the pods are %v, were %v", after, pods)
	}
	book.close(t)
	if store := p.store(t, name); store.Status.Receipt.OrderNumber != made.Receipt.OrderNumber || store.Status.Check.Impossible != "" || store.Status.Check.Milliseconds == 0 {
		t.Errorf("the store has receipt %+v and check %+v", store.Status.Receipt, store.Status.Check)
	}
	// A database that starts again must not bring an older title back.
	if err := p.kube.DeleteAllOf(t.Context(), &corev1.Pod{}, client.InNamespace(made.Namespace), client.MatchingLabels{v1alpha1.LabelComponent: "database"}); err != nil {
		t.Fatal(err)
	}
	p.verifyTitle(t, k, name, fmt.Sprintf("Fern & Flint $(%d)", changes(t)-1))
}

// verifyTitle waits until customers see a title.
func (p *platform) verifyTitle(t *testing.T, k kind, store, title string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	eventually(ctx, t, store+" has title "+title, func(ctx context.Context) error {
		shop, err := p.visit(ctx, k.engine, store)
		if err != nil {
			return err
		}
		page, err := shop.page(ctx)
		if err == nil && !strings.Contains(page, strings.ReplaceAll(title, "&", "&amp;")) && !strings.Contains(page, strings.ReplaceAll(title, "&", "\\u0026")) && !strings.Contains(page, title) {
			err = fmt.Errorf("the page does not have it")
		}
		return err
	})
}

// awaitUpdated waits until a store is what its spec says.
func (p *platform) awaitUpdated(t *testing.T, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	eventually(ctx, t, name+" is what its spec says", func(ctx context.Context) error {
		var store v1alpha1.Store
		if err := p.kube.Get(ctx, client.ObjectKey{Name: name}, &store); err != nil {
			return err
		}
		for _, condition := range store.Status.Conditions {
			due := condition.Type == v1alpha1.Updated || condition.Type == v1alpha1.Checked
			if due && (condition.Reason != v1alpha1.ReasonSucceeded || store.Status.ObservedGeneration != store.Generation) {
				return fmt.Errorf("condition %+v in generation %d", condition, store.Generation)
			}
		}
		return nil
	})
}
