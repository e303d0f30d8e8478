package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
)

// refreshed is what came of the refresh of one store.
type refreshed struct {
	store string
	took  time.Duration
	err   error
}

// refreshAll refreshes every store that is not up to date: one first, and then so many at a time. It stops after a batch in which one has
// failed, so that a fault of the platform's images does not reach more stores.
func refreshAll(ctx context.Context, s Streams, platform *apiclient.Platform, size int, timeout time.Duration) error {
	list, err := platform.Find(ctx, apiclient.ListStoresParams{})
	if err != nil {
		return err
	}
	names := outdated(list.Items)
	if len(names) == 0 {
		fmt.Fprintf(s.Out, "There is nothing to refresh: %s\n", countStores(len(list.Items)))
		return nil
	}
	fmt.Fprintf(s.Err, "%s to refresh, of %d. The first one goes alone.\n", countStores(len(names)), len(list.Items))
	done := 0
	for _, batch := range batches(names, size) {
		var failures []string
		for result := range refreshBatch(ctx, platform, batch, timeout) {
			if result.err != nil {
				failures = append(failures, fmt.Sprintf("%s: %v", result.store, result.err))
				continue
			}
			done++
			fmt.Fprintf(s.Out, "%s is refreshed, after %s (%d of %d)\n", result.store, result.took.Round(time.Second), done, len(names))
		}
		if len(failures) > 0 {
			slices.Sort(failures)
			return fmt.Errorf("%s refreshed, %s not, and %s not tried after that:\n%s", countStores(done), countStores(len(failures)),
				countStores(len(names)-done-len(failures)), strings.Join(failures, "\n"))
		}
	}
	return nil
}

// outdated names the stores that a refresh would change.
func outdated(all []apiclient.Store) []string {
	var names []string
	for i := range all {
		if why := message(all[i], v1alpha1.ReasonOutdated) + message(all[i], v1alpha1.ReasonRefreshFailed); why != "" && all[i].State != apiclient.StoreStateDeleting {
			names = append(names, all[i].Name)
		}
	}
	return names
}

// batches returns the first name alone, and the others so many at a time.
func batches(names []string, size int) [][]string {
	return slices.Concat([][]string{names[:1]}, slices.Collect(slices.Chunk(names[1:], size)))
}

// refreshBatch refreshes some stores at the same time, and sends what came of each when it is known.
func refreshBatch(ctx context.Context, platform *apiclient.Platform, names []string, timeout time.Duration) <-chan refreshed {
	results := make(chan refreshed)
	var running sync.WaitGroup
	for _, name := range names {
		running.Go(func() {
			started := time.Now()
			err := refreshOne(ctx, platform, name, timeout)
			results <- refreshed{store: name, took: time.Since(started), err: err}
		})
	}
	go func() {
		running.Wait()
		close(results)
	}()
	return results
}

// refreshOne refreshes a store and waits until it sells, or is back at what it ran before.
func refreshOne(ctx context.Context, platform *apiclient.Platform, name string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	store, err := platform.Update(ctx, name, apiclient.UpdateStore{Refresh: true})
	if err != nil {
		return err
	}
	if store, err = platform.WaitReady(ctx, store, func(apiclient.Store) {}); err != nil {
		return notReady(store, timeout, err)
	}
	if why := wentBack(store); why != "" {
		return fmt.Errorf("it runs what it ran before: %s", printable(why))
	}
	return nil
}

// wentBack says why a store runs what it ran before its last refresh, empty if it does not.
func wentBack(store apiclient.Store) string {
	if store.Refresh == nil {
		return ""
	}
	return store.Refresh.Failure
}

// countStores says how many stores there are.
func countStores(number int) string {
	if number == 1 {
		return "1 store"
	}
	return fmt.Sprintf("%d stores", number)
}
