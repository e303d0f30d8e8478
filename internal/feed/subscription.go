package feed

import (
	"container/list"
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/stores"
)

// Subscription is one reader's queue. It holds at most one event per store: a slow reader misses the events in between.
type Subscription struct {
	watcher *Watcher
	viewer  stores.Viewer
	name    string
	wake    chan struct{}

	mu      sync.Mutex
	queue   *list.List                  // of queued, the next one first
	byStore map[types.UID]*list.Element // the event of each store in the queue
	synced  *list.Element               // Synced, in the queue until it is read
	ended   bool
}

// queued is an event in a queue.
type queued struct {
	event Event
	// initial tells that the event comes before Synced.
	initial bool
}

func newSubscription(watcher *Watcher, viewer stores.Viewer, name string) *Subscription {
	return &Subscription{
		watcher: watcher, viewer: viewer, name: name, wake: make(chan struct{}, 1),
		queue: list.New(), byStore: map[types.UID]*list.Element{},
	}
}

// follows reports whether the subscription is to the store.
func (s *Subscription) follows(store *v1alpha1.Store) bool {
	return s.viewer.Sees(store) && (s.name == "" || s.name == store.Name)
}

// begin fills the queue with the initial events and Synced. It is called before the subscription is shared.
func (s *Subscription) begin(initial []Event, synced Event) {
	for _, event := range initial {
		if s.follows(event.Store) {
			s.enqueue(event, true)
		}
	}
	s.synced = s.queue.PushBack(queued{event: synced})
}

// push adds an event that happened after the subscription began.
func (s *Subscription) push(event Event) {
	if !s.follows(event.Store) {
		return
	}
	s.mu.Lock()
	s.enqueue(event, false)
	s.mu.Unlock()
	s.signal()
}

// enqueue puts the event at the end of the queue, in place of an older one of the same store. An initial event stays before Synced,
// and then has no ID: a reader that returned with it would miss the rest of the initial events.
func (s *Subscription) enqueue(event Event, initial bool) {
	uid := event.Store.UID
	if older := s.byStore[uid]; older != nil {
		initial = s.queue.Remove(older).(queued).initial || initial
	}
	if initial && s.synced != nil {
		event.ID = ""
		s.byStore[uid] = s.queue.InsertBefore(queued{event, true}, s.synced)
		return
	}
	s.byStore[uid] = s.queue.PushBack(queued{event, initial})
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

// Next waits for the next event. It returns ErrClosed after the watcher or the subscription was closed, or the context's error. One
// reader at a time.
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
	front := s.queue.Front()
	if s.ended || front == nil {
		return Event{}, false, s.ended
	}
	event = s.queue.Remove(front).(queued).event
	if event.Store != nil {
		delete(s.byStore, event.Store.UID)
	}
	return event, true, false
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.watcher.mu.Lock()
	defer s.watcher.mu.Unlock()
	delete(s.watcher.subscriptions, s)
	s.end()
}
