// Package feed follows the stores: lists of them, streams of their changes, and the wait for one change. It is fed by an informer and
// asks the Kubernetes API nothing.
package feed

import (
	"cmp"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/stores"
)

const (
	// maxSubscriptions bounds how many readers follow the stores at once.
	maxSubscriptions = 512
	// maxHistory bounds how many events a returning reader can have missed.
	maxHistory = 1024
)

// ErrTooManySubscriptions means that the bound on readers is reached.
var ErrTooManySubscriptions = errors.New("too many readers follow the stores")

// ErrClosed means that the watcher or the subscription is closed.
var ErrClosed = errors.New("closed")

// Watcher passes the changes that an informer sees on to any number of readers. It is the informer's event handler.
type Watcher struct {
	epoch string // tells this watcher's ids from those of another process

	mu            sync.Mutex
	stores        map[types.UID]*v1alpha1.Store
	last          uint64  // the number of the newest event
	history       []Event // the newest events, oldest first
	subscriptions map[*Subscription]struct{}
	closed        bool
}

// NewWatcher returns a watcher that knows no stores yet.
func NewWatcher() *Watcher {
	return &Watcher{epoch: rand.Text(), stores: map[types.UID]*v1alpha1.Store{}, subscriptions: map[*Subscription]struct{}{}}
}

// OnAdd is called by the informer.
func (w *Watcher) OnAdd(object any, _ bool) { w.OnUpdate(nil, object) }

// OnUpdate is called by the informer.
func (w *Watcher) OnUpdate(before, object any) {
	store, ok := object.(*v1alpha1.Store)
	if !ok {
		return
	}
	// A store that was deleted and created again under its name while the watch was lost is reported as one that changed.
	if other, ok := before.(*v1alpha1.Store); ok && other.UID != store.UID {
		w.OnDelete(other)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if before := w.stores[store.UID]; before != nil && before.ResourceVersion == store.ResourceVersion && store.ResourceVersion != "" {
		return // A resync of the informer.
	}
	w.stores[store.UID] = store
	w.publish(Updated, store)
}

// OnDelete is called by the informer.
func (w *Watcher) OnDelete(object any) {
	if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	store, ok := object.(*v1alpha1.Store)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.stores, store.UID)
	w.publish(Deleted, store)
}

// publish runs under the lock, so that every reader sees the changes in the informer's order.
func (w *Watcher) publish(kind EventType, store *v1alpha1.Store) {
	w.last++
	event := Event{Type: kind, Store: store, ID: w.id(w.last)}
	w.history = append(w.history, event)
	if len(w.history) > maxHistory {
		w.history[0] = Event{} // Releases the store. The slot itself goes when append next needs a larger array.
		w.history = w.history[1:]
	}
	for subscription := range w.subscriptions {
		subscription.push(event)
	}
}

// CountByState returns how many stores are in each state.
func (w *Watcher) CountByState() map[v1alpha1.State]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	counts := map[v1alpha1.State]int{}
	for _, store := range w.stores {
		counts[store.State()]++
	}
	return counts
}

// id is what an event with the number has for its ID.
func (w *Watcher) id(number uint64) string { return w.epoch + "-" + strconv.FormatUint(number, 10) }

// Subscribe returns a subscription to the store with the name, or to all that the viewer sees if name is "". A reader that returns
// with the ID of the last event that it has seen is sent the events that it has missed, if they are in the history; every other
// reader is sent the stores that there are. Then comes Synced. The caller closes the subscription.
func (w *Watcher) Subscribe(viewer stores.Viewer, name, lastID string) (*Subscription, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, ErrClosed
	}
	if len(w.subscriptions) >= maxSubscriptions {
		return nil, ErrTooManySubscriptions
	}
	subscription := newSubscription(w, viewer, name)
	initial, resumed := w.missed(lastID)
	if !resumed {
		initial = w.snapshot(subscription.follows)
	}
	subscription.begin(initial, Event{Type: Synced, ID: w.id(w.last), Full: !resumed})
	w.subscriptions[subscription] = struct{}{}
	return subscription, nil
}

// missed returns the events after the one with the ID, and whether all of them are in the history.
func (w *Watcher) missed(lastID string) ([]Event, bool) {
	text, ours := strings.CutPrefix(lastID, w.epoch+"-")
	number, err := strconv.ParseUint(text, 10, 64)
	if !ours || err != nil || number > w.last {
		return nil, false
	}
	missing := w.last - number
	if missing > uint64(len(w.history)) {
		return nil, false
	}
	return w.history[uint64(len(w.history))-missing:], true
}

// snapshot returns the stores that are followed, in the order of their last changes. Their events have no ID: a reader that is cut
// off in the middle starts over.
func (w *Watcher) snapshot(follows func(*v1alpha1.Store) bool) []Event {
	var events []Event
	for _, store := range w.stores {
		if follows(store) {
			events = append(events, Event{Type: Updated, Store: store})
		}
	}
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(cmp.Compare(version(a.Store), version(b.Store)), strings.Compare(a.Store.Name, b.Store.Name))
	})
	return events
}

// Close ends every subscription, now and later.
func (w *Watcher) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for subscription := range w.subscriptions {
		subscription.end()
	}
	clear(w.subscriptions)
}
