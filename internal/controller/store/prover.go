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
	// maxConcurrentProofs bounds the proofs that run at the same time, because a first sale costs a store seconds of CPU.
	maxConcurrentProofs = 4
	// proofTimeout bounds one proof.
	proofTimeout = time.Minute
	// The first retry comes quickly: a route may be a moment younger than the pods behind it.
	minRetryDelay, maxRetryDelay = 250 * time.Millisecond, 30 * time.Second
)

// buyer buys in a store.
type buyer interface {
	Buy(ctx context.Context, target shopper.Target) (shopper.Receipt, error)
}

// target is what a proof is about: one revision of a store's release. A release that was uninstalled and installed again starts over
// with the same revisions, so its installed time, in nanoseconds since the epoch, is part of it.
type target struct {
	store     string
	uid       types.UID
	software  string
	revision  int
	installed int64
}

// proofState is what is known of the proof of a target.
type proofState struct {
	running  bool
	receipt  *shopper.Receipt
	err      error
	failures int
	// failedAt is when the last attempt failed, and next when the next one is due.
	failedAt, next time.Time
}

// prover runs proofs of sale in the background and triggers a pass over the store when one has ended.
type prover struct {
	buyer   buyer
	clock   clock.PassiveClock
	queue   workqueue.TypedInterface[types.UID]
	results chan event.TypedGenericEvent[*v1alpha1.Store]

	mu     sync.Mutex
	proofs map[types.UID]*proof
}

// proof is the proof of one target. A store has one at a time.
type proof struct {
	target target
	shop   shopper.Target
	state  proofState
	cancel context.CancelFunc
}

func newProver(buyer buyer, clock clock.PassiveClock) *prover {
	return &prover{
		buyer:   buyer,
		clock:   clock,
		queue:   workqueue.NewTyped[types.UID](),
		results: make(chan event.TypedGenericEvent[*v1alpha1.Store]),
		proofs:  map[types.UID]*proof{},
	}
}

// Start runs proofs until ctx ends. It implements manager.Runnable.
func (p *prover) Start(ctx context.Context) error {
	var workers sync.WaitGroup
	for range maxConcurrentProofs {
		workers.Go(func() {
			for {
				uid, closed := p.queue.Get()
				if closed {
					return
				}
				p.prove(ctx, uid)
				p.queue.Done(uid)
			}
		})
	}
	<-ctx.Done()
	p.queue.ShutDown()
	workers.Wait()
	return nil
}

// state returns what is known of a target. What is known of another target of the same store is dropped.
func (p *prover) state(target target) proofState {
	p.mu.Lock()
	defer p.mu.Unlock()
	proof := p.proofs[target.uid]
	if proof == nil {
		return proofState{}
	}
	if proof.target != target {
		p.drop(target.uid)
		return proofState{}
	}
	return proof.state
}

// start requests a proof. It returns at once.
func (p *prover) start(target target, shop shopper.Target) {
	p.mu.Lock()
	defer p.mu.Unlock()
	current := p.proofs[target.uid]
	if current == nil {
		current = &proof{target: target}
		p.proofs[target.uid] = current
	}
	current.shop = shop
	current.state.running = true
	p.queue.Add(target.uid)
}

// forget drops everything about a store and cancels its proof.
func (p *prover) forget(uid types.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(uid)
}

// drop is forget for callers that hold the lock.
func (p *prover) drop(uid types.UID) {
	if proof := p.proofs[uid]; proof != nil {
		if proof.cancel != nil {
			proof.cancel()
		}
		delete(p.proofs, uid)
	}
}

// prove runs the requested proof of a store, if it is still wanted. The queue never hands out one store twice at the same time.
func (p *prover) prove(ctx context.Context, uid types.UID) {
	proofCtx, cancel := context.WithTimeout(ctx, proofTimeout)
	defer cancel()
	p.mu.Lock()
	current := p.proofs[uid]
	if current == nil || !current.state.running {
		p.mu.Unlock()
		return
	}
	current.cancel = cancel
	shop, name := current.shop, current.target.store
	p.mu.Unlock()

	receipt, err := p.buyer.Buy(proofCtx, shop)

	p.mu.Lock()
	current.shop = shopper.Target{} // The credentials in it are no longer needed.
	current.cancel = nil
	current.state.running = false
	if err == nil {
		current.state.receipt = &receipt
	} else {
		current.state.err = err
		current.state.failures++
		current.state.failedAt = p.clock.Now()
		current.state.next = current.state.failedAt.Add(retryDelay(current.state.failures))
	}
	p.mu.Unlock()
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}}
	select {
	case p.results <- event.TypedGenericEvent[*v1alpha1.Store]{Object: store}:
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
