package store

import (
	"context"
	"errors"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"shopflow.dev/shopflow/internal/shopper"
)

// waitLimit bounds each wait of these tests.
const waitLimit = 10 * time.Second

// scriptedBuyer replaces the shopper: it hands each sale to the test, which decides the result.
type scriptedBuyer struct {
	requests chan shopper.Target
	answers  chan error
}

func (s *scriptedBuyer) Buy(ctx context.Context, target shopper.Target) (shopper.Receipt, error) {
	s.requests <- target
	select {
	case err := <-s.answers:
		return shopper.Receipt{OrderNumber: "1"}, err
	case <-ctx.Done():
		return shopper.Receipt{}, ctx.Err()
	}
}

// startProver runs a prover until the test ends.
func startProver(t *testing.T) (*visits[shopper.Receipt], *scriptedBuyer, *clocktesting.FakePassiveClock) {
	t.Helper()
	buyer := &scriptedBuyer{requests: make(chan shopper.Target, 10), answers: make(chan error, 10)}
	clock := clocktesting.NewFakePassiveClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	p := newVisits(clock, func(ctx context.Context, _ target, shop shopper.Target) (shopper.Receipt, error) {
		return buyer.Buy(ctx, shop)
	})
	ctx, stop := context.WithCancel(context.Background())
	closed := make(chan error, 1)
	go func() { closed <- p.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := receive(t, closed); err != nil {
			t.Error(err)
		}
	})
	return p, buyer, clock
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(waitLimit):
		t.Fatalf("nothing received within %s", waitLimit)
		return *new(T)
	}
}

func TestResultTriggersAPass(t *testing.T) {
	p, buyer, _ := startProver(t)
	demo := target{store: "demo", uid: "1", digest: "a", revision: 1}
	p.start(demo, shopper.Target{BaseURL: "http://demo"})
	if target := receive(t, buyer.requests); target.BaseURL != "http://demo" {
		t.Errorf("bought at %s", target.BaseURL)
	}
	if !p.state(demo).running {
		t.Error("the proof does not count as running")
	}
	buyer.answers <- nil
	if result := receive(t, p.results); result.Object.Name != "demo" {
		t.Errorf("a pass over %s", result.Object.Name)
	}
	if state := p.state(demo); state.running || state.result == nil || state.result.OrderNumber != "1" {
		t.Errorf("state %+v", state)
	}
}

func TestFailedProofsBackOff(t *testing.T) {
	p, buyer, clock := startProver(t)
	demo := target{store: "demo", uid: "1", digest: "a", revision: 1}
	for failures := 1; failures <= 3; failures++ {
		p.start(demo, shopper.Target{})
		receive(t, buyer.requests)
		buyer.answers <- errors.New("closed")
		receive(t, p.results)
		state := p.state(demo)
		if want := clock.Now().Add(retryDelay(failures)); state.failures != failures || !state.next.Equal(want) || state.err == nil {
			t.Errorf("after failure %d: %+v, want the next at %s", failures, state, want)
		}
	}
	for failures, want := range map[int]time.Duration{1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 4: 2 * time.Second, 50: 30 * time.Second} {
		if got := retryDelay(failures); got != want {
			t.Errorf("retryDelay(%d) = %s, want %s", failures, got, want)
		}
	}
}

func TestForgottenProofIsCanceled(t *testing.T) {
	p, buyer, _ := startProver(t)
	demo := target{store: "demo", uid: "1", digest: "a", revision: 1}
	p.start(demo, shopper.Target{})
	receive(t, buyer.requests)
	p.forget("1")
	receive(t, p.results)
	if state := p.state(demo); state.running || state.failures != 0 {
		t.Errorf("a forgotten proof is still known: %+v", state)
	}
}

func TestResultOfAnotherReleaseIsNotUsed(t *testing.T) {
	p, buyer, _ := startProver(t)
	p.start(target{store: "demo", uid: "1", digest: "a", revision: 1}, shopper.Target{})
	receive(t, buyer.requests)
	buyer.answers <- nil
	receive(t, p.results)
	if state := p.state(target{store: "demo", uid: "1", digest: "b", revision: 2}); state.result != nil {
		t.Error("the receipt of another release is used")
	}
}

func TestSlowStoreDoesNotDelayOthers(t *testing.T) {
	p, buyer, _ := startProver(t)
	p.start(target{store: "slow", uid: "1"}, shopper.Target{BaseURL: "slow"})
	receive(t, buyer.requests)
	p.start(target{store: "quick", uid: "2"}, shopper.Target{BaseURL: "quick"})
	if target := receive(t, buyer.requests); target.BaseURL != "quick" {
		t.Errorf("bought at %s", target.BaseURL)
	}
}

// TestProofOfAnEarlierInstallDoesNotCount installs a release again before its proof was read.
func TestProofOfAnEarlierInstallDoesNotCount(t *testing.T) {
	p, buyer, _ := startProver(t)
	demo := target{store: "demo", uid: "1", digest: "a", revision: 1, installed: 1}
	p.start(demo, shopper.Target{})
	receive(t, buyer.requests)
	buyer.answers <- nil
	receive(t, p.results)
	demo.installed = 2
	if state := p.state(demo); state.result != nil {
		t.Errorf("state %+v", state)
	}
}
