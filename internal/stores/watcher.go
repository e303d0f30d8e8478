package stores

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"shopflow.dev/shopflow/api/v1alpha1"
)

const (
	// maxSubscriptions bounds how many readers follow the stores at once.
	maxSubscriptions = 512
	// maxRemembered bounds how many deleted stores a returning reader can be told of.
	maxRemembered = 256
)

// EventType says what happened to a store.
type EventType string

// The types of events.
const (
	Updated EventType = "store.updated"
	Deleted EventType = "store.deleted"
	// Synced has no store: every store that was there when the reader came has been sent.
	Synced EventType = "synced"
)

// Event is a change of a store. The store is shared between readers and must not be changed.
type Event struct {
	Type  EventType
	Store *v1alpha1.Store
}

// Version orders events: the resource version of the store, or 0.
func (e Event) Version() uint64 {
	if e.Store == nil {
		return 0
	}
	version, err := strconv.ParseUint(e.Store.ResourceVersion, 10, 64)
	if err != nil {
		return 0
	}
	return version
}

// ErrTooManySubscriptions means that the bound on readers is reached.
var ErrTooManySubscriptions = errors.New("too many readers follow the stores")

// ErrClosed means that the watcher or the subscription is closed.
var ErrClosed = errors.New("closed")

// Watcher passes the changes that an informer sees on to any number of readers. It is the informer's event handler.
type Watcher struct {
	mu            sync.Mutex
	stores        map[types.UID]*v1alpha1.Store
	remembered    []Event // deleted stores, oldest first
	subscriptions map[*Subscription]struct{}
	closed        bool
}

// NewWatcher returns a watcher that knows no stores yet.
func NewWatcher() *Watcher {
	return &Watcher{stores: map[types.UID]*v1alpha1.Store{}, subscriptions: map[*Subscription]struct{}{}}
}

// OnAdd is called by the informer.
func (w *Watcher) OnAdd(object any, _ bool) { w.OnUpdate(nil, object) }

// OnUpdate is called by the informer.
func (w *Watcher) OnUpdate(_, object any) {
	store, ok := object.(*v1alpha1.Store)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stores[store.UID] = store
	w.publish(Event{Type: Updated, Store: store})
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
	event := Event{Type: Deleted, Store: store}
	w.remembered = append(w.remembered, event)
	w.remembered = w.remembered[max(0, len(w.remembered)-maxRemembered):]
	w.publish(event)
}

// publish runs under the lock, so that every reader sees the changes in the informer's order.
func (w *Watcher) publish(event Event) {
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

// Subscribe returns a subscription to the store with the name, or to all that the viewer sees if name is "". It begins with what is there, and with
// the stores that were deleted after the version, unless that is 0; then comes Synced. The caller closes it.
func (w *Watcher) Subscribe(viewer Viewer, name string, version uint64) (*Subscription, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, ErrClosed
	}
	if len(w.subscriptions) >= maxSubscriptions {
		return nil, ErrTooManySubscriptions
	}
	subscription := &Subscription{watcher: w, viewer: viewer, name: name, wake: make(chan struct{}, 1)}
	for _, event := range w.remembered {
		if version > 0 && event.Version() > version {
			subscription.push(event)
		}
	}
	for _, event := range w.snapshot() {
		subscription.push(event)
	}
	subscription.pending = append(subscription.pending, Event{Type: Synced})
	w.subscriptions[subscription] = struct{}{}
	return subscription, nil
}

// snapshot returns the stores in the order of their last changes, so that a reader that is cut off in the middle has seen
// everything up to the version it has seen last.
func (w *Watcher) snapshot() []Event {
	events := make([]Event, 0, len(w.stores))
	for _, store := range w.stores {
		events = append(events, Event{Type: Updated, Store: store})
	}
	slices.SortFunc(events, func(a, b Event) int {
		if a.Version() < b.Version() {
			return -1
		}
		return 1
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

// Subscription is one reader's queue. It holds at most one event per store: a slow reader misses what was in between.
type Subscription struct {
	watcher *Watcher
	viewer  Viewer
	name    string
	wake    chan struct{}

	mu      sync.Mutex
	pending []Event
	ended   bool
}

// push puts the event at the end of the queue in place of an older one of the same store, but not behind Synced what was
// there before.
func (s *Subscription) push(event Event) {
	if !s.viewer.sees(event.Store) || (s.name != "" && s.name != event.Store.Name) {
		return
	}
	s.mu.Lock()
	synced := slices.IndexFunc(s.pending, func(e Event) bool { return e.Type == Synced })
	old := slices.IndexFunc(s.pending, func(e Event) bool { return e.Store != nil && e.Store.UID == event.Store.UID })
	at := len(s.pending)
	if old >= 0 {
		s.pending = slices.Delete(s.pending, old, old+1)
		at--
	}
	if old >= 0 && old < synced {
		at = synced - 1
	}
	s.pending = slices.Insert(s.pending, at, event)
	s.mu.Unlock()
	s.signal()
}

func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default: // The reader has been woken already.
	}
}

func (s *Subscription) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.signal()
}

// Next waits for the next event. It returns ErrClosed after the watcher was closed, or the context's error. One reader at a time.
func (s *Subscription) Next(ctx context.Context) (Event, error) {
	for {
		if event, ok, ended := s.pop(); ended {
			return Event{}, ErrClosed
		} else if ok {
			return event, nil
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return Event{}, ctx.Err()
		}
	}
}

func (s *Subscription) pop() (event Event, ok, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || len(s.pending) == 0 {
		return Event{}, false, s.ended
	}
	event = s.pending[0]
	s.pending = s.pending[1:]
	return event, true, false
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.watcher.mu.Lock()
	defer s.watcher.mu.Unlock()
	delete(s.watcher.subscriptions, s)
	s.end()
}
