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
	// maxConcurrentVisits bounds the visits of one kind that run at the same time, because a first sale costs a store seconds of CPU.
	maxConcurrentVisits = 4
	// visitTimeout bounds one visit.
	visitTimeout = time.Minute
	// The first retry comes quickly: a route may be a moment younger than the pods behind it.
	minRetryDelay, maxRetryDelay = 250 * time.Millisecond, 30 * time.Second
)

// shopkeeper is who visits shops.
type shopkeeper interface {
	Buy(ctx context.Context, target shopper.Target) (shopper.Receipt, error)
	Check(ctx context.Context, target shopper.Target) (shopper.Checked, error)
	SetTitle(ctx context.Context, target shopper.Target, title string) error
}

// target is what a visit is about: one revision of a store's release. A release that was uninstalled and installed again starts over
// with the same revisions, so its installed time, in nanoseconds since the epoch, is part of it.
type target struct {
	store string
	uid   types.UID
	// digest is that of the software that is to be proven, or of the release that is to be checked.
	digest    string
	revision  int
	installed int64
	// title is what the shop is to be called, empty for a visit that changes no title.
	title string
}

// visitState is what is known of the visit for a target.
type visitState[R any] struct {
	running  bool
	result   *R
	err      error
	failures int
	// failedAt is when the last attempt failed, and next when the next one is due.
	failedAt, next time.Time
}

// pause returns how long the next attempt has to wait; zero means that it is due. A person's request ends a pause.
func (v visitState[R]) pause(store *v1alpha1.Store, now time.Time) time.Duration {
	if v.failures == 0 || retryRequestedAfter(store, v.failedAt) {
		return 0
	}
	return max(0, v.next.Sub(now))
}

// visits runs visits to shops in the background and triggers a pass over the store when one has ended.
type visits[R any] struct {
	work    func(context.Context, target, shopper.Target) (R, error)
	clock   clock.PassiveClock
	queue   workqueue.TypedInterface[types.UID]
	results chan event.TypedGenericEvent[*v1alpha1.Store]

	mu    sync.Mutex
	known map[types.UID]*visit[R]
}

// visit is the visit for one target. A store has one of a kind at a time.
type visit[R any] struct {
	target target
	shop   shopper.Target
	state  visitState[R]
	cancel context.CancelFunc
}

func newVisits[R any](clock clock.PassiveClock, work func(context.Context, target, shopper.Target) (R, error)) *visits[R] {
	return &visits[R]{
		work:    work,
		clock:   clock,
		queue:   workqueue.NewTyped[types.UID](),
		results: make(chan event.TypedGenericEvent[*v1alpha1.Store]),
		known:   map[types.UID]*visit[R]{},
	}
}

// Start makes visits until ctx ends. It implements manager.Runnable.
func (v *visits[R]) Start(ctx context.Context) error {
	var workers sync.WaitGroup
	for range maxConcurrentVisits {
		workers.Go(func() {
			for {
				uid, closed := v.queue.Get()
				if closed {
					return
				}
				v.visit(ctx, uid)
				v.queue.Done(uid)
			}
		})
	}
	<-ctx.Done()
	v.queue.ShutDown()
	workers.Wait()
	return nil
}

// state returns what is known of a target. What is known of another target of the same store is dropped.
func (v *visits[R]) state(target target) visitState[R] {
	v.mu.Lock()
	defer v.mu.Unlock()
	current := v.known[target.uid]
	if current == nil {
		return visitState[R]{}
	}
	if current.target != target {
		v.drop(target.uid)
		return visitState[R]{}
	}
	return current.state
}

// start requests a visit. It returns at once.
func (v *visits[R]) start(target target, shop shopper.Target) {
	v.mu.Lock()
	defer v.mu.Unlock()
	current := v.known[target.uid]
	if current == nil {
		current = &visit[R]{target: target}
		v.known[target.uid] = current
	}
	current.shop = shop
	current.state.running = true
	v.queue.Add(target.uid)
}

// forget drops everything about a store and cancels its visit.
func (v *visits[R]) forget(uid types.UID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.drop(uid)
}

// drop is forget for callers that hold the lock.
func (v *visits[R]) drop(uid types.UID) {
	if visit := v.known[uid]; visit != nil {
		if visit.cancel != nil {
			visit.cancel()
		}
		delete(v.known, uid)
	}
}

// visit makes the requested visit to a store, if it is still wanted. The queue never hands out one store twice at the same time.
func (v *visits[R]) visit(ctx context.Context, uid types.UID) {
	visitCtx, cancel := context.WithTimeout(ctx, visitTimeout)
	defer cancel()
	v.mu.Lock()
	current := v.known[uid]
	if current == nil || !current.state.running {
		v.mu.Unlock()
		return
	}
	current.cancel = cancel
	shop, target := current.shop, current.target
	v.mu.Unlock()

	result, err := v.work(visitCtx, target, shop)

	v.mu.Lock()
	current.shop = shopper.Target{} // The credentials in it are no longer needed.
	current.cancel = nil
	current.state.running = false
	if err == nil {
		current.state.result = &result
	} else {
		current.state.err = err
		current.state.failures++
		current.state.failedAt = v.clock.Now()
		current.state.next = current.state.failedAt.Add(retryDelay(current.state.failures))
	}
	v.mu.Unlock()
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: target.store}}
	select {
	case v.results <- event.TypedGenericEvent[*v1alpha1.Store]{Object: store}:
	case <-ctx.Done():
	}
}

// retryDelay returns how long to wait after that many failures in a row.
func retryDelay(failures int) time.Duration {
	delay := minRetryDelay
	for n := 1; n < failures && delay < maxRetryDelay; n++ {
		delay *= 2
	}
	return min(delay, maxRetryDelay)
}
