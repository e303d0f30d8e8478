package feed

import (
	"context"
	"slices"
	"sync"

	"shopflow.dev/shopflow/internal/stores"
)

// Subscription is one reader's queue. It holds at most one event per store: a slow reader misses what was in between.
type Subscription struct {
	watcher *Watcher
	viewer  stores.Viewer
	name    string
	wake    chan struct{}

	mu      sync.Mutex
	pending []Event
	ended   bool
}

// push puts the event at the end of the queue in place of an older one of the same store, but not behind Synced what was
// there before.
func (s *Subscription) push(event Event) {
	if !s.viewer.Sees(event.Store) || (s.name != "" && s.name != event.Store.Name) {
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
		event.ID = "" // Whoever came back with it would miss the rest of what was there.
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
