package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
)

const (
	// minStarts is from how many starts on it can be said how long they take.
	minStarts = 3
	// usualInterval is how often all stores are looked at for that: there may be many, of which many start.
	usualInterval = time.Minute
)

// starting returns what a store that starts is waiting for, and how long such starts take here. A probe that fails says no more than that:
// each start looks like it.
func (r *Reconciler) starting(ctx context.Context, s *scope, result outcome) (outcome, error) {
	usual := r.usual.get(s.store.Spec.Engine)
	if s.now.Sub(usual.at) >= usualInterval {
		var stores v1alpha1.StoreList
		if err := r.Client.List(ctx, &stores); err != nil {
			return outcome{}, fmt.Errorf("list stores: %w", err)
		}
		usual = usualTime{at: s.now}
		usual.start, usual.known = usualStart(stores.Items, s.store.Spec.Engine)
		r.usual.put(s.store.Spec.Engine, usual)
	}
	if usual.known {
		result.message += fmt.Sprintf(", which takes about %s here", usual.start)
	}
	return result, nil
}

// usualTime is how long starts take by what was known at a time.
type usualTime struct {
	at    time.Time
	start time.Duration
	known bool
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
