package store

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
)

// writeStatus writes what a pass found out to the store, unless nothing changed. A store that was read from a stale cache is read
// again from the API server, once.
func (r *Reconciler) writeStatus(ctx context.Context, s *scope) error {
	base := s.store
	for attempt := 0; ; attempt++ {
		after := base.DeepCopy()
		after.Status = nextStatus(base.Status, s)
		err := r.patchStatus(ctx, base, after)
		if err == nil {
			r.recordEvents(s.store, base.Status, after.Status)
			return nil
		}
		if !apierrors.IsConflict(err) || attempt > 0 {
			return err
		}
		fresh := &v1alpha1.Store{}
		if err := r.Live.Get(ctx, client.ObjectKeyFromObject(base), fresh); err != nil {
			return client.IgnoreNotFound(err)
		}
		if fresh.UID != base.UID || !fresh.DeletionTimestamp.IsZero() {
			return nil
		}
		base = fresh
	}
}

// patchStatus writes a status, unless it is the same. It requires the resource version that the status was computed from, because a
// merge patch replaces whole lists.
func (r *Reconciler) patchStatus(ctx context.Context, before, after *v1alpha1.Store) error {
	after.Status.State = after.State()
	if equality.Semantic.DeepEqual(before.Status, after.Status) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, after, patch); err != nil {
		return fmt.Errorf("write status: %w", err)
	}
	r.written.put(after.UID, after.ResourceVersion)
	return nil
}

// nextStatus is the only place that computes a status. It is pure: what was known before, and what the pass found out.
func nextStatus(before v1alpha1.StoreStatus, s *scope) v1alpha1.StoreStatus {
	after := *before.DeepCopy()
	after.ObservedGeneration = s.store.Generation
	if s.namespace() != "" {
		after.Namespace = s.namespace()
	}
	after.URL = s.recipe.URL
	if s.recipe.AdminURL != "" {
		after.AdminURL = s.recipe.AdminURL
	}
	if s.release != nil {
		after.Release = s.release
	}
	after.Receipt = s.receipt
	rememberData(&after, s)
	for _, phase := range v1alpha1.Phases() {
		result, reached := s.outcomes[phase]
		switch {
		case reached && result.status != "":
			setCondition(&after, s.store.Generation, phase, result.status, result.reason, result.message)
		case reached || meta.FindStatusCondition(after.Conditions, phase) == nil:
			setCondition(&after, s.store.Generation, phase, metav1.ConditionUnknown, v1alpha1.ReasonPending, "Waiting for earlier phases")
		}
		after.Timeline = recordSpan(after.Timeline, phase, s.spans[phase])
	}
	if s.outcomes[v1alpha1.Released].done() {
		after.Version = s.recipe.Version
		setChange(&after, s)
	}
	if s.digest != "" {
		setRefresh(&after, s)
	}
	setAftermath(&after, s)
	summarize(&after, s)
	return after
}

// setChange says whether a change was refused, and whether the version of a store that sells is still offered.
func setChange(status *v1alpha1.StoreStatus, s *scope) {
	switch {
	case s.recipe.Refused != nil:
		setCondition(status, s.store.Generation, v1alpha1.Updated, metav1.ConditionFalse, v1alpha1.ReasonChangeRefused, sentence(s.recipe.Refused))
	case s.after.changing != "":
		setCondition(status, s.store.Generation, v1alpha1.Updated, metav1.ConditionFalse, v1alpha1.ReasonChanging, s.after.changing)
	default:
		setCondition(status, s.store.Generation, v1alpha1.Updated, metav1.ConditionTrue, v1alpha1.ReasonSucceeded, "The store is what its spec says")
	}
	if s.offered {
		setCondition(status, s.store.Generation, v1alpha1.VersionOffered, metav1.ConditionTrue, v1alpha1.ReasonSucceeded, "New stores can have this version")
		return
	}
	setCondition(status, s.store.Generation, v1alpha1.VersionOffered, metav1.ConditionFalse, v1alpha1.ReasonVersionNotOffered,
		fmt.Sprintf("The platform no longer offers version %s; this store keeps running it", s.recipe.Version))
}

// summarize derives Ready, Reconciling and Stalled from the phases. For a store that is not being deleted, nothing else sets them.
func summarize(status *v1alpha1.StoreStatus, s *scope) {
	set := func(kind string, value bool, reason, message string) {
		state := metav1.ConditionFalse
		if value {
			state = metav1.ConditionTrue
		}
		setCondition(status, s.store.Generation, kind, state, reason, message)
	}
	worst := worstPhase(status, s)
	status.Cause = causeOf(worst, s)
	if worst == nil {
		set(v1alpha1.Ready, true, v1alpha1.ReasonSucceeded, "The store sells")
		set(v1alpha1.Reconciling, false, v1alpha1.ReasonSucceeded, "")
		set(v1alpha1.Stalled, false, v1alpha1.ReasonSucceeded, "")
		return
	}
	stalled := s.needsAction(worst.Type)
	set(v1alpha1.Ready, false, worst.Reason, worst.Message)
	set(v1alpha1.Reconciling, !stalled, worst.Reason, worst.Message)
	if stalled {
		set(v1alpha1.Stalled, true, worst.Reason, worst.Message)
	} else {
		set(v1alpha1.Stalled, false, v1alpha1.ReasonPending, "")
	}
}

// causeOf says why a phase is not complete, and how to fix that unless there is only to wait.
func causeOf(worst *metav1.Condition, s *scope) *v1alpha1.Cause {
	if worst == nil {
		return nil
	}
	result := s.outcomes[worst.Type]
	if result.cause == nil {
		cause := &v1alpha1.Cause{Reason: worst.Reason, Message: worst.Message}
		if result.outlook != diagnose.Waiting {
			cause.Fix = diagnose.Advice(worst.Reason)
		}
		return cause
	}
	found := &v1alpha1.Cause{Reason: result.cause.Reason, Message: result.cause.Message, Fix: result.cause.Fix}
	for _, link := range result.cause.Chain {
		found.Chain = append(found.Chain, v1alpha1.CauseLink{Kind: link.Kind, Name: link.Name, Message: link.Message})
	}
	return found
}

// worstPhase returns the condition to blame: the first phase that needs a person, else the first that is certain to have failed, else
// the first that is not complete. It returns nil if all are complete.
func worstPhase(status *v1alpha1.StoreStatus, s *scope) *metav1.Condition {
	tests := []func(*metav1.Condition) bool{
		func(c *metav1.Condition) bool { return s.needsAction(c.Type) },
		func(c *metav1.Condition) bool { return s.outcomes[c.Type].outlook != diagnose.Waiting },
		func(c *metav1.Condition) bool { return c.Status == metav1.ConditionFalse },
		func(c *metav1.Condition) bool { return c.Status != metav1.ConditionTrue },
	}
	for _, test := range tests {
		for _, phase := range v1alpha1.Phases() {
			if c := meta.FindStatusCondition(status.Conditions, phase); c != nil && test(c) {
				return c
			}
		}
	}
	return nil
}

func setCondition(status *v1alpha1.StoreStatus, generation int64, kind string, value metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&status.Conditions, metav1.Condition{
		Type: kind, Status: value, Reason: reason, Message: message, ObservedGeneration: generation,
	})
}

// recordSpan enters when a phase started and ended for the first time.
func recordSpan(timeline []v1alpha1.TimelineEntry, phase string, seen span) []v1alpha1.TimelineEntry {
	if seen.started.IsZero() {
		return timeline
	}
	index := slices.IndexFunc(timeline, func(entry v1alpha1.TimelineEntry) bool { return entry.Phase == phase })
	if index < 0 {
		timeline = append(timeline, v1alpha1.TimelineEntry{Phase: phase, StartedAt: metav1.NewMicroTime(seen.started)})
		index = len(timeline) - 1
	}
	if entry := &timeline[index]; entry.EndedAt == nil && !seen.ended.IsZero() {
		ended := metav1.NewMicroTime(seen.ended)
		entry.EndedAt = &ended
	}
	return timeline
}
