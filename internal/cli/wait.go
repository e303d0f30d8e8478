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
		case event.Type == apiclient.Synced:
			return false, stillThere(ctx, platform, store, event.Known)
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

// stillThere finds out whether a store that a new stream did not tell of has been deleted meanwhile, or is only too new.
func stillThere(ctx context.Context, platform *apiclient.Platform, store apiclient.Store, known bool) error {
	if known {
		return nil
	}
	now, err := platform.Get(ctx, store.Name)
	if apiclient.IsCode(err, apiclient.ProblemCodeStoreNotFound) || (err == nil && now.UID != store.UID) {
		return deleted(store.Name)
	}
	return nil // The stream says the rest.
}

func deleted(name string) error {
	return fmt.Errorf("store %s was deleted meanwhile", name)
}

// failed says why the store has failed and what to do about it.
func failed(store apiclient.Store) error {
	if store.Cause == nil {
		return fmt.Errorf("store %s has failed: shopflow store get %s", store.Name, store.Name)
	}
	return fmt.Errorf("store %s has failed: %s (%s)\n%s", store.Name, printable(store.Cause.Message), store.Cause.Reason, advice(store.Cause.Reason))
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

// advice says what a person can do about a cause. The store itself goes on trying in any case.
func advice(reason string) string {
	switch reason {
	case v1alpha1.ReasonImagePullFailed:
		return "Make the image available; the store goes on by itself when it is there."
	case v1alpha1.ReasonQuotaExceeded:
		return "Delete the store and make it again with a larger --plan."
	case v1alpha1.ReasonUnschedulable:
		return "Delete a store that is not needed or add a node; this one goes on by itself when there is room."
	case v1alpha1.ReasonVolumeNotBound:
		return "Look at the storage class and the free space of the node; the store goes on by itself when the volume is there."
	case v1alpha1.ReasonVolumeFull:
		return "Make room on the volume; the store goes on by itself when there is some."
	case v1alpha1.ReasonOutOfMemory:
		return "Delete the store and make it again with a larger --plan."
	case v1alpha1.ReasonEngineUnavailable:
		return "Choose an engine and a version that the platform offers."
	case v1alpha1.ReasonNamespaceTaken, v1alpha1.ReasonValuesInvalid:
		return "Delete the store and make it again under another name."
	case v1alpha1.ReasonDeleteBlocked:
		return "Remove what is named; the deletion goes on by itself."
	case "":
		return ""
	default:
		return "The store goes on trying by itself. Its pods' logs say more: kubectl logs -n <the store's namespace> <pod>."
	}
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
