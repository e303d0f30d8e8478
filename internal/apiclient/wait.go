package apiclient

import (
	"context"
	"errors"
	"slices"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// Why waiting for a store to be Ready ends without success.
var (
	// ErrFailed means that the store has failed. Its Cause says why.
	ErrFailed = errors.New("the store has failed")
	// ErrDeleting means that the store is being deleted.
	ErrDeleting = errors.New("the store is being deleted")
	// ErrDeleted means that the store was deleted.
	ErrDeleted = errors.New("the store was deleted")
)

// WaitReady follows the store until it is Ready and no change of it is under way, and calls show with every change. It returns the newest version of the store, and
// ErrFailed, ErrDeleting, ErrDeleted or the context's error if the store is not Ready. The context must have a bound.
func (p *Platform) WaitReady(ctx context.Context, store Store, show func(Store)) (Store, error) {
	err := p.Follow(ctx, store.Name, func(ctx context.Context, event Event) (done bool, err error) {
		newest := event.Store
		switch {
		case event.Type == Synced && event.Known:
			return false, nil
		case event.Type == Synced:
			if newest, err = p.newest(ctx, store); err != nil {
				return false, err
			}
		case event.Store.UID != store.UID:
			return false, nil
		case event.Type == StoreDeleted:
			return false, ErrDeleted
		}
		store = newest
		show(store)
		if refreshing(store) && store.State == StoreStateFailed {
			return false, nil // It goes back.
		}
		done, err = ready(store.State)
		return done && !changing(store) && !refreshing(store), err
	})
	return store, err
}

// ready reports whether the state is Ready; one that never becomes Ready is an error.
func ready(state StoreState) (bool, error) {
	switch state {
	case StoreStateReady:
		return true, nil
	case StoreStateFailed, StoreStateDataLost:
		return false, ErrFailed
	case StoreStateDeleting:
		return false, ErrDeleting
	default:
		return false, nil
	}
}

// changing reports whether a change of the store is not finished yet: made in the shop, and checked.
func changing(store Store) bool {
	return slices.ContainsFunc(store.Conditions, func(condition Condition) bool {
		return condition.Reason == v1alpha1.ReasonChanging || condition.Reason == v1alpha1.ReasonChecking
	})
}

// refreshing reports whether the store is being refreshed, or goes back to what it ran before.
func refreshing(store Store) bool { return store.Refresh != nil && store.Refresh.EndedAt == nil }

// newest asks for a store that the stream did not send: it has not changed since the last event, is too new, or was deleted.
func (p *Platform) newest(ctx context.Context, store Store) (Store, error) {
	newest, err := p.Get(ctx, store.Name)
	switch {
	case IsCode(err, ProblemCodeStoreNotFound) || (err == nil && newest.UID != store.UID):
		return store, ErrDeleted
	case err != nil:
		return store, nil //nolint:nilerr // the stream sends the changes
	default:
		return newest, nil
	}
}

// DeleteAndWait deletes the store, follows it until it is gone, and calls show with every change. It returns the last version of the
// store, whose Deletion is the receipt; with an error, a Store without a name means that the delete was not sent. The context must have
// a bound.
func (p *Platform) DeleteAndWait(ctx context.Context, name string, show func(Store)) (Store, error) {
	var store Store
	sent := false
	err := p.Follow(ctx, name, func(ctx context.Context, event Event) (done bool, err error) {
		switch {
		case event.Type == Synced && !sent: // Only now, so that the end cannot be missed.
			store, err = p.Delete(ctx, name)
			sent = err == nil
			return false, err
		case event.Type == Synced && !event.Known: // After a lost stream: the end may have been missed.
			newest, err := p.Get(ctx, name)
			if IsCode(err, ProblemCodeStoreNotFound) {
				return true, nil
			}
			return err == nil && newest.UID != store.UID, err
		case !sent || event.Store.UID != store.UID:
			return false, nil
		}
		store = event.Store
		show(store)
		return event.Type == StoreDeleted, nil
	})
	return store, err
}
