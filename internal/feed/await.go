package feed

import (
	"context"
	"time"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/stores"
)

// awaitTimeout bounds how long an answer waits until lists and streams have seen its change.
const awaitTimeout = 2 * time.Second

// Await waits until the watcher has seen the store as it is here, so that who created or deleted it finds that in the next list. It
// gives up after two seconds: the informer may be slow, and the change is made in any case.
func (w *Watcher) Await(ctx context.Context, store *v1alpha1.Store) {
	subscription, err := w.Subscribe(stores.Viewer{All: true}, store.Name, "")
	if err != nil {
		return // Too many readers, or the end: nothing depends on it.
	}
	defer subscription.Close()
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	known := false
	for {
		event, err := subscription.Next(ctx)
		switch {
		case err != nil:
			return
		case event.Type == Synced && !known && !store.DeletionTimestamp.IsZero():
			return // It is gone already.
		case event.Type == Synced || event.Store.UID != store.UID:
			continue
		case event.Type == Deleted || version(event.Store) >= version(store):
			return
		}
		known = true
	}
}
