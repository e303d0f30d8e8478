package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
)

// waitReady follows the store until it is Ready, and shows its phases meanwhile. It returns an error if the store fails, is
// deleted or takes longer than the timeout.
func waitReady(ctx context.Context, progress io.Writer, platform *apiclient.Platform, store apiclient.Store, timeout time.Duration) (apiclient.Store, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	shown := newPhases(progress)
	stop := shown.start(store)
	defer stop()
	err := platform.Follow(ctx, store.Name, func(ctx context.Context, event apiclient.Event) (bool, error) {
		switch {
		case event.Type == apiclient.Synced && event.Known:
			return false, nil
		case event.Type == apiclient.Synced:
			now, err := stillThere(ctx, platform, store)
			if err != nil {
				return false, err
			}
			event.Store = now
		case event.Store.UID != store.UID:
			return false, nil
		case event.Type == apiclient.StoreDeleted:
			return false, deleted(store.Name)
		}
		store = event.Store
		shown.update(store)
		return settled(store)
	})
	stop()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return store, late(store, timeout, err)
	case errors.Is(err, context.Canceled):
		return store, fmt.Errorf("interrupted; the store goes on without you: shopflow store get %s", store.Name)
	case err != nil:
		return store, err
	}
	return store, nil
}

// settled reports whether the store is Ready; a failed or vanishing one is an error.
func settled(store apiclient.Store) (bool, error) {
	switch store.State {
	case apiclient.StoreStateReady:
		return true, nil
	case apiclient.StoreStateFailed:
		return false, failed(store)
	case apiclient.StoreStateDeleting:
		return false, fmt.Errorf("store %s is being deleted", store.Name)
	default:
		return false, nil
	}
}

// stillThere returns the store as it is now, for a stream that did not tell of it: nothing may have happened to it since the last
// event, or it is too new. It returns an error if the store has been deleted meanwhile.
func stillThere(ctx context.Context, platform *apiclient.Platform, store apiclient.Store) (apiclient.Store, error) {
	now, err := platform.Get(ctx, store.Name)
	switch {
	case apiclient.IsCode(err, apiclient.ProblemCodeStoreNotFound) || (err == nil && now.UID != store.UID):
		return store, deleted(store.Name)
	case err != nil:
		return store, nil //nolint:nilerr // the stream says the rest
	default:
		return now, nil
	}
}

func deleted(name string) error {
	return fmt.Errorf("store %s was deleted meanwhile", name)
}

// failed says why the store has failed and what to do about it.
func failed(store apiclient.Store) error {
	if store.Cause == nil {
		return fmt.Errorf("store %s has failed: shopflow store get %s", store.Name, store.Name)
	}
	return fmt.Errorf("store %s has failed: %s (%s)\n%s", store.Name, printable(store.Cause.Message), store.Cause.Reason, wayOut(store))
}

// late says what a store was waiting for when the patience ended.
func late(store apiclient.Store, timeout time.Duration, err error) error {
	waiting := "it has not said why"
	if store.Cause != nil {
		waiting = printable(store.Cause.Message)
	}
	if unreachable, ok := errors.AsType[*apiclient.UnreachableError](err); ok {
		waiting = unreachable.Error()
	}
	return fmt.Errorf("store %s is not Ready after %s: %s\nIt goes on without you; look again: shopflow store get %s", store.Name, timeout, waiting, store.Name)
}

// wayOut says what a person can do about a store's cause. The store itself goes on trying in any case.
func wayOut(store apiclient.Store) string {
	if store.Cause.Fix != "" {
		return printable(store.Cause.Fix) + "."
	}
	return "The store goes on trying by itself. Its logs say more: shopflow store logs " + store.Name
}

// phaseTitle names a phase for people.
func phaseTitle(phase string) string {
	switch phase {
	case v1alpha1.NamespaceReady:
		return "Namespace"
	case v1alpha1.GuardrailsReady:
		return "Guard rails"
	case v1alpha1.CredentialsReady:
		return "Credentials"
	case v1alpha1.Released:
		return "Release"
	case v1alpha1.WorkloadsReady:
		return "Shop and database"
	case v1alpha1.Exposed:
		return "Address"
	case v1alpha1.Selling:
		return "First sale"
	default:
		return phase
	}
}

// seconds shows a duration.
func seconds(value float64) string {
	return fmt.Sprintf("%.1f s", value)
}

// since returns the seconds from start to now.
func since(start, now time.Time) float64 {
	return max(0, now.Sub(start).Seconds())
}
