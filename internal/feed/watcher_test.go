package feed

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/stores"
)

func versioned(name, uid, version string) *v1alpha1.Store {
	return &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(uid), ResourceVersion: version}}
}

// drain returns what is in the queue now.
func drain(t *testing.T, subscription *Subscription) []string {
	t.Helper()
	var events []string
	for {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // Nothing is waited for: what is queued comes first.
		event, err := subscription.Next(ctx)
		if err != nil {
			return events
		}
		text := string(event.Type)
		if event.Store != nil {
			text += " " + event.Store.Name + " " + event.Store.ResourceVersion
		}
		events = append(events, text)
	}
}

func subscribe(t *testing.T, watcher *Watcher, name, lastID string) *Subscription {
	t.Helper()
	subscription, err := watcher.Subscribe(stores.Viewer{All: true}, name, lastID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(subscription.Close)
	return subscription
}

func TestWatcher(t *testing.T) {
	for name, test := range map[string]struct {
		reason string
		before func(*Watcher)
		store  string
		after  func(*Watcher)
		want   []string
	}{
		"Snapshot": {
			reason: "in the order of the last changes",
			before: func(w *Watcher) {
				w.OnAdd(versioned("b", "2", "9"), true)
				w.OnAdd(versioned("a", "1", "10"), true)
				w.OnAdd(versioned("c", "3", "8"), true)
			},
			want: []string{"store.updated c 8", "store.updated b 9", "store.updated a 10", "synced"},
		},
		"CreatedAgainWhileTheWatchWasLost": {
			reason: "the informer knows a name, and tells of one store that became another",
			before: func(w *Watcher) { w.OnAdd(versioned("a", "1", "1"), true) },
			after:  func(w *Watcher) { w.OnUpdate(versioned("a", "1", "1"), versioned("a", "2", "5")) },
			want:   []string{"store.deleted a 1", "synced", "store.updated a 5"},
		},
		"Coalesced": {
			reason: "a slow reader gets the newest only, behind what changed earlier",
			after: func(w *Watcher) {
				w.OnAdd(versioned("a", "1", "1"), false)
				w.OnAdd(versioned("b", "2", "2"), false)
				w.OnUpdate(nil, versioned("a", "1", "3"))
			},
			want: []string{"synced", "store.updated b 2", "store.updated a 3"},
		},
		"ChangedInTheSnapshot": {
			reason: "a store that was there at the beginning comes before synced",
			before: func(w *Watcher) { w.OnAdd(versioned("a", "1", "1"), true); w.OnAdd(versioned("b", "2", "2"), true) },
			after:  func(w *Watcher) { w.OnUpdate(nil, versioned("a", "1", "3")) },
			want:   []string{"store.updated b 2", "store.updated a 3", "synced"},
		},
		"CreatedAgain": {
			reason: "another store with the same name does not hide the end of the first",
			before: func(w *Watcher) { w.OnAdd(versioned("a", "1", "1"), true) },
			after: func(w *Watcher) {
				w.OnDelete(cache.DeletedFinalStateUnknown{Key: "a", Obj: versioned("a", "1", "2")})
				w.OnAdd(versioned("a", "2", "3"), false)
			},
			want: []string{"store.deleted a 2", "synced", "store.updated a 3"},
		},
		"OneStore": {
			reason: "others are not told of",
			before: func(w *Watcher) { w.OnAdd(versioned("a", "1", "1"), true) },
			store:  "b",
			after:  func(w *Watcher) { w.OnUpdate(nil, versioned("a", "1", "2")); w.OnAdd(versioned("b", "2", "3"), false) },
			want:   []string{"synced", "store.updated b 3"},
		},
		"NewReader": {
			reason: "a new reader gets no past events",
			before: func(w *Watcher) { w.OnDelete(versioned("a", "1", "5")) },
			want:   []string{"synced"},
		},
		"Resync": {
			reason: "a resync of the informer is no event",
			after:  func(w *Watcher) { w.OnAdd(versioned("a", "1", "1"), false); w.OnUpdate(nil, versioned("a", "1", "1")) },
			want:   []string{"synced", "store.updated a 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			watcher := NewWatcher()
			if test.before != nil {
				test.before(watcher)
			}
			subscription := subscribe(t, watcher, test.store, "")
			if test.after != nil {
				test.after(watcher)
			}
			if diff := cmp.Diff(test.want, drain(t, subscription)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

func TestReturningReader(t *testing.T) {
	watcher := NewWatcher()
	watcher.OnAdd(versioned("a", "1", "1"), true)
	watcher.OnAdd(versioned("b", "2", "2"), true)
	first := subscribe(t, watcher, "", "")
	synced := last(t, first)
	if synced.Type != Synced || !synced.Full || synced.ID == "" {
		t.Fatalf("a new reader's stream begins with %+v", synced)
	}
	watcher.OnDelete(versioned("a", "1", "3"))
	deleted := last(t, first)
	watcher.OnUpdate(nil, versioned("b", "2", "4"))
	watcher.OnUpdate(nil, versioned("b", "2", "5"))
	for name, test := range map[string]struct {
		lastID string
		want   []string
		full   bool
	}{
		"SinceTheBeginning": {synced.ID, []string{"store.deleted a 3", "store.updated b 5", "synced"}, false},
		"SinceTheDelete":    {deleted.ID, []string{"store.updated b 5", "synced"}, false},
		"SeenAll":           {last(t, first).ID, []string{"synced"}, false},
		"AnotherServer":     {"OTHER-2", []string{"store.updated b 5", "synced"}, true},
		"Future":            {watcher.epoch + "-99", []string{"store.updated b 5", "synced"}, true},
		"NoNumber":          {watcher.epoch + "-x", []string{"store.updated b 5", "synced"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			subscription := subscribe(t, watcher, "", test.lastID)
			end := subscription.synced.Value.(queued).event
			if diff := cmp.Diff(test.want, drain(t, subscription)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if end.Full != test.full {
				t.Errorf("synced says full %t, want %t", end.Full, test.full)
			}
		})
	}
	for i := range maxHistory {
		watcher.OnUpdate(nil, versioned("b", "2", fmt.Sprint(10+i)))
	}
	if got := last(t, subscribe(t, watcher, "", deleted.ID)); !got.Full {
		t.Errorf("an id that is too old led to %+v, want everything there is", got)
	}
}

// last returns the newest event in the queue.
func last(t *testing.T, subscription *Subscription) Event {
	t.Helper()
	var newest Event
	for {
		event, ok, _ := subscription.pop()
		if !ok {
			return newest
		}
		newest = event
	}
}

func TestAReaderThatIsCutOffBeforeSyncedStartsOver(t *testing.T) {
	watcher := NewWatcher()
	watcher.OnAdd(versioned("a", "1", "1"), true)
	subscription := subscribe(t, watcher, "", "")
	watcher.OnUpdate(nil, versioned("a", "1", "2"))
	if first, ok, _ := subscription.pop(); !ok || first.Type != Updated || first.ID != "" {
		t.Errorf("an event before synced has an id to come back with: %+v", first)
	}
}

func TestNextWaits(t *testing.T) {
	watcher := NewWatcher()
	subscription := subscribe(t, watcher, "", "")
	drain(t, subscription)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got := make(chan Event, 1)
	go func() {
		event, _ := subscription.Next(ctx) // Without an event the test fails.
		got <- event
	}()
	watcher.OnAdd(versioned("a", "1", "1"), false)
	if event := <-got; event.Type != Updated {
		t.Errorf("got %+v", event)
	}
}

func TestCloseEndsTheWaiting(t *testing.T) {
	for name, end := range map[string]func(*Watcher, *Subscription){
		"Watcher":      func(w *Watcher, _ *Subscription) { w.Close() },
		"Subscription": func(_ *Watcher, s *Subscription) { s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			watcher := NewWatcher()
			subscription := subscribe(t, watcher, "", "")
			drain(t, subscription)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			got := make(chan error, 1)
			go func() {
				_, err := subscription.Next(ctx)
				got <- err
			}()
			end(watcher, subscription)
			if err := <-got; !errors.Is(err, ErrClosed) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestSubscriptionsAreBounded(t *testing.T) {
	watcher := NewWatcher()
	first := subscribe(t, watcher, "", "")
	for range maxSubscriptions - 1 {
		subscribe(t, watcher, "", "")
	}
	if _, err := watcher.Subscribe(stores.Viewer{All: true}, "", ""); !errors.Is(err, ErrTooManySubscriptions) {
		t.Errorf("got %v", err)
	}
	first.Close()
	subscribe(t, watcher, "", "")
}
