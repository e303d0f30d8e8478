package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
)

// checkTimeout refuses a timeout that has no effect or allows nothing.
func checkTimeout(command *cobra.Command, wait bool, timeout time.Duration) error {
	switch {
	case command.Flags().Changed("timeout") && !wait:
		return invalidUsage("--timeout is for --wait: add it, or leave --timeout out")
	case timeout <= 0:
		return invalidUsage("--timeout must be greater than 0, such as 5m")
	default:
		return nil
	}
}

// waitReady waits until the store is Ready, and shows its phases meanwhile. It returns an error if the store fails, is deleted or
// takes longer than the timeout.
func waitReady(ctx context.Context, progress io.Writer, platform *apiclient.Platform, store apiclient.Store, timeout time.Duration) (apiclient.Store, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	shown := newPhases(progress)
	stop := shown.start(store)
	store, err := platform.WaitReady(ctx, store, shown.update)
	stop()
	return store, notReady(store, timeout, err)
}

// notReady says why waiting for the store ended with the error, and what to do about it.
func notReady(store apiclient.Store, timeout time.Duration, err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return late(store, timeout, err)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted; the store continues in the background: shopflow store get %s", store.Name)
	case errors.Is(err, apiclient.ErrFailed):
		return failed(store)
	case errors.Is(err, apiclient.ErrDeleting):
		return fmt.Errorf("store %s is being deleted", store.Name)
	case errors.Is(err, apiclient.ErrDeleted):
		return fmt.Errorf("store %s was deleted while it was waited for", store.Name)
	default:
		return err
	}
}

// failed says why the store has failed and what to do about it.
func failed(store apiclient.Store) error {
	if store.Cause == nil {
		return fmt.Errorf("store %s has failed: shopflow store get %s", store.Name, store.Name)
	}
	return fmt.Errorf("store %s has failed: %s (%s)\n%s", store.Name, printable(store.Cause.Message), store.Cause.Reason, fix(store))
}

// late says what a store was waiting for at the timeout.
func late(store apiclient.Store, timeout time.Duration, err error) error {
	missing, waiting := "Ready", "the cause is not known"
	switch {
	case store.Cause != nil:
		waiting = printable(store.Cause.Message)
	case store.State == apiclient.StoreStateReady:
		missing = "changed"
		waiting = printable(cmp.Or(message(store, v1alpha1.ReasonChanging), message(store, v1alpha1.ReasonChecking), waiting))
	}
	if unreachable, ok := errors.AsType[*apiclient.UnreachableError](err); ok {
		waiting = unreachable.Error()
	}
	return fmt.Errorf("store %s is not %s after %s: %s\nIt continues in the background. Check progress: shopflow store get %s", store.Name, missing, timeout, waiting, store.Name)
}

// fix says what a person can do about a store's cause.
func fix(store apiclient.Store) string {
	if store.Cause.Fix != "" {
		return printable(store.Cause.Fix) + "."
	}
	return "The logs have the details: shopflow store logs " + store.Name
}
