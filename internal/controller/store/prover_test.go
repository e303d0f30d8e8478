package store

import (
	"context"
	"errors"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"shopflow.dev/shopflow/internal/shopper"
)

// patience bounds each wait of these tests.
const patience = 10 * time.Second

// scriptedSeller stands in for the shopper: it hands each sale to the test, which says how it ends.
type scriptedSeller struct {
	asked   chan shopper.Target
	answers chan error
}

func (s *scriptedSeller) Buy(ctx context.Context, target shopper.Target) (shopper.Receipt, error) {
	s.asked <- target
	select {
	case err := <-s.answers:
		return shopper.Receipt{OrderNumber: "1"}, err
	case <-ctx.Done():
		return shopper.Receipt{}, ctx.Err()
	}
}

// open opens a salesroom until the test ends.
func open(t *testing.T) (*salesroom, *scriptedSeller, *clocktesting.FakePassiveClock) {
	t.Helper()
	seller := &scriptedSeller{asked: make(chan shopper.Target, 10), answers: make(chan error, 10)}
	clock := clocktesting.NewFakePassiveClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	room := newSalesroom(seller, clock)
	ctx, stop := context.WithCancel(context.Background())
	closed := make(chan error, 1)
	go func() { closed <- room.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := receive(t, closed); err != nil {
			t.Error(err)
		}
	})
	return room, seller, clock
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		t.Fatalf("nothing came within %s", patience)
		return *new(T)
	}
}

func TestSaleWakesTheStore(t *testing.T) {
	room, seller, _ := open(t)
	demo := lot{store: "demo", uid: "1", digest: "a", revision: 1}
	room.begin(demo, shopper.Target{BaseURL: "http://demo"})
	if target := receive(t, seller.asked); target.BaseURL != "http://demo" {
		t.Errorf("bought at %s", target.BaseURL)
	}
	if !room.state(demo).running {
		t.Error("the sale is not known to be running")
	}
	seller.answers <- nil
	if woken := receive(t, room.wake); woken.Object.Name != "demo" {
		t.Errorf("woke %s", woken.Object.Name)
	}
	if state := room.state(demo); state.running || state.receipt == nil || state.receipt.OrderNumber != "1" {
		t.Errorf("state %+v", state)
	}
}

func TestFailedSalesWaitLongerEachTime(t *testing.T) {
	room, seller, clock := open(t)
	demo := lot{store: "demo", uid: "1", digest: "a", revision: 1}
	for failures := 1; failures <= 3; failures++ {
		room.begin(demo, shopper.Target{})
		receive(t, seller.asked)
		seller.answers <- errors.New("closed")
		receive(t, room.wake)
		state := room.state(demo)
		if want := clock.Now().Add(retryAfter(failures)); state.failures != failures || !state.next.Equal(want) || state.err == nil {
			t.Errorf("after failure %d: %+v, want the next at %s", failures, state, want)
		}
	}
	for failures, want := range map[int]time.Duration{1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 4: 2 * time.Second, 50: 30 * time.Second} {
		if got := retryAfter(failures); got != want {
			t.Errorf("retryAfter(%d) = %s, want %s", failures, got, want)
		}
	}
}

func TestForgottenSaleIsBrokenOff(t *testing.T) {
	room, seller, _ := open(t)
	demo := lot{store: "demo", uid: "1", digest: "a", revision: 1}
	room.begin(demo, shopper.Target{})
	receive(t, seller.asked)
	room.forget("1")
	receive(t, room.wake)
	if state := room.state(demo); state.running || state.failures != 0 {
		t.Errorf("a forgotten sale is remembered: %+v", state)
	}
}

func TestResultOfAnotherReleaseIsNotUsed(t *testing.T) {
	room, seller, _ := open(t)
	room.begin(lot{store: "demo", uid: "1", digest: "a", revision: 1}, shopper.Target{})
	receive(t, seller.asked)
	seller.answers <- nil
	receive(t, room.wake)
	if state := room.state(lot{store: "demo", uid: "1", digest: "b", revision: 2}); state.receipt != nil {
		t.Error("the receipt of another release is used")
	}
}

func TestOneSlowStoreDoesNotHoldUpTheOthers(t *testing.T) {
	room, seller, _ := open(t)
	room.begin(lot{store: "slow", uid: "1"}, shopper.Target{BaseURL: "slow"})
	receive(t, seller.asked)
	room.begin(lot{store: "quick", uid: "2"}, shopper.Target{BaseURL: "quick"})
	if target := receive(t, seller.asked); target.BaseURL != "quick" {
		t.Errorf("bought at %s", target.BaseURL)
	}
}
