package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
)

// minStarts is from how many starts on it can be said how long they take.
const minStarts = 3

// starting returns what a store that starts is waiting for, and how long such starts take here. A probe that fails says no more than that:
// each start looks like it.
func (r *Reconciler) starting(ctx context.Context, s *scope, result outcome) (outcome, error) {
	var stores v1alpha1.StoreList
	if err := r.Client.List(ctx, &stores); err != nil {
		return outcome{}, fmt.Errorf("list stores: %w", err)
	}
	if usual, known := usualStart(stores.Items, s.store.Spec.Engine); known {
		result.message += fmt.Sprintf(", which takes about %s here", usual)
	}
	return result, nil
}

// isStart reports whether a cause may be no more than a start that takes its time.
func isStart(cause diagnose.Cause) bool {
	return cause.Outlook == diagnose.Waiting &&
		(cause.Reason == v1alpha1.ReasonProbeFailing || cause.Reason == v1alpha1.ReasonDatabaseNotReady)
}

// usualStart returns how long the stores of an engine took to start for the first time, by the median, to the second.
func usualStart(stores []v1alpha1.Store, engine v1alpha1.Engine) (usual time.Duration, known bool) {
	var starts []time.Duration
	for i := range stores {
		for _, entry := range stores[i].Status.Timeline {
			if stores[i].Spec.Engine == engine && entry.Phase == v1alpha1.WorkloadsReady && entry.EndedAt != nil {
				starts = append(starts, entry.EndedAt.Sub(entry.StartedAt.Time))
			}
		}
	}
	if len(starts) < minStarts {
		return 0, false
	}
	slices.Sort(starts)
	return max(time.Second, starts[len(starts)/2].Round(time.Second)), true
}
