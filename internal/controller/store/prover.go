package store

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/shopper"
)

const (
	// salesAtOnce bounds how many stores are bought in at one time, because a first sale costs a store seconds of CPU.
	salesAtOnce = 4
	// saleDeadline bounds one sale.
	saleDeadline = time.Minute
	// The first retry comes quickly: a route may be a moment younger than the pods behind it.
	firstRetry, longestRetry = 250 * time.Millisecond, 30 * time.Second
)

// seller buys in a store.
type seller interface {
	Buy(ctx context.Context, target shopper.Target) (shopper.Receipt, error)
}

// lot names what a sale proves: one revision of one store.
type lot struct {
	store    string
	uid      types.UID
	digest   string
	revision int
}

// saleState is what is known of a lot.
type saleState struct {
	running  bool
	receipt  *shopper.Receipt
	err      error
	failures int
	// ended is when the last attempt failed.
	ended time.Time
	// next is when the next attempt is due, if the last one failed.
	next time.Time
}

// salesroom makes sales in the background and wakes the store when one has ended.
type salesroom struct {
	seller seller
	clock  clock.PassiveClock
	queue  workqueue.TypedInterface[types.UID]
	wake   chan event.TypedGenericEvent[*v1alpha1.Store]

	mu     sync.Mutex
	orders map[types.UID]*order
}

type order struct {
	lot    lot
	target shopper.Target
	state  saleState
	cancel context.CancelFunc
}

func newSalesroom(seller seller, clock clock.PassiveClock) *salesroom {
	return &salesroom{
		seller: seller,
		clock:  clock,
		queue:  workqueue.NewTyped[types.UID](),
		wake:   make(chan event.TypedGenericEvent[*v1alpha1.Store]),
		orders: map[types.UID]*order{},
	}
}

// Start makes sales until ctx ends. It implements manager.Runnable.
func (s *salesroom) Start(ctx context.Context) error {
	var workers sync.WaitGroup
	for range salesAtOnce {
		workers.Go(func() {
			for {
				uid, closed := s.queue.Get()
				if closed {
					return
				}
				s.sell(ctx, uid)
				s.queue.Done(uid)
			}
		})
	}
	<-ctx.Done()
	s.queue.ShutDown()
	workers.Wait()
	return nil
}

// state returns what is known of a lot. What is known of another lot of the same store is forgotten.
func (s *salesroom) state(lot lot) saleState {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := s.orders[lot.uid]
	if order == nil {
		return saleState{}
	}
	if order.lot != lot {
		s.drop(lot.uid)
		return saleState{}
	}
	return order.state
}

// begin asks for a sale. It returns at once.
func (s *salesroom) begin(lot lot, target shopper.Target) {
	s.mu.Lock()
	defer s.mu.Unlock()
	current := s.orders[lot.uid]
	if current == nil {
		current = &order{lot: lot}
		s.orders[lot.uid] = current
	}
	current.target = target
	current.state.running = true
	s.queue.Add(lot.uid)
}

// forget drops everything about a store, and breaks off a sale that is being made.
func (s *salesroom) forget(uid types.UID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(uid)
}

func (s *salesroom) drop(uid types.UID) {
	if order := s.orders[uid]; order != nil {
		if order.cancel != nil {
			order.cancel()
		}
		delete(s.orders, uid)
	}
}

func (s *salesroom) sell(ctx context.Context, uid types.UID) {
	saleCtx, cancel := context.WithTimeout(ctx, saleDeadline)
	defer cancel()
	s.mu.Lock()
	current := s.orders[uid]
	if current == nil || !current.state.running {
		s.mu.Unlock()
		return
	}
	current.cancel = cancel
	target, name := current.target, current.lot.store
	s.mu.Unlock()

	receipt, err := s.seller.Buy(saleCtx, target)

	s.mu.Lock()
	current.target = shopper.Target{}
	current.cancel = nil
	current.state.running = false
	if err == nil {
		current.state.receipt = &receipt
	} else {
		current.state.err = err
		current.state.failures++
		current.state.ended = s.clock.Now()
		current.state.next = current.state.ended.Add(retryAfter(current.state.failures))
	}
	s.mu.Unlock()
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}}
	select {
	case s.wake <- event.TypedGenericEvent[*v1alpha1.Store]{Object: store}:
	case <-ctx.Done():
	}
}

// retryAfter returns how long to wait after that many failures in a row.
func retryAfter(failures int) time.Duration {
	wait := firstRetry
	for n := 1; n < failures && wait < longestRetry; n++ {
		wait *= 2
	}
	return min(wait, longestRetry)
}
