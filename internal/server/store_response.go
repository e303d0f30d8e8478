package server

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// present shows a store as the contract describes it. It is pure: now only tells how long running phases have taken so far.
func present(store *v1alpha1.Store, now time.Time) Store {
	shown := Store{
		Name:        store.Name,
		UID:         string(store.UID),
		DisplayName: store.Spec.DisplayName,
		Engine:      string(store.Spec.Engine),
		Version:     store.Spec.Version,
		Plan:        string(store.Spec.Plan),
		Owner:       store.Spec.Owner,
		AdminEmail:  store.Spec.AdminEmail,
		State:       StoreState(store.State()),
		Cause:       cause(store),
		URL:         store.Status.URL,
		AdminURL:    store.Status.AdminURL,
		Receipt:     presentReceipt(store.Status.Receipt),
		Timeline:    make([]Phase, 0, len(store.Status.Timeline)),
		Conditions:  make([]Condition, 0, len(store.Status.Conditions)),
		Deletion:    presentDeletion(store.Status.Deletion),
		Namespace:   store.Status.Namespace,
		CreatedAt:   store.CreationTimestamp.UTC(),
	}
	if store.Status.Release != nil {
		shown.Release = store.Status.Release.Name
	}
	for _, entry := range store.Status.Timeline {
		shown.Timeline = append(shown.Timeline, presentPhase(entry, now))
	}
	for _, condition := range store.Status.Conditions {
		shown.Conditions = append(shown.Conditions, Condition{
			Type:               condition.Type,
			Status:             ConditionStatus(condition.Status),
			Reason:             condition.Reason,
			Message:            condition.Message,
			LastTransitionTime: condition.LastTransitionTime.UTC(),
		})
	}
	return shown
}

// cause says why a store is not Ready, or what keeps its delete from ending; nil if there is nothing to say.
func cause(store *v1alpha1.Store) *Cause {
	switch store.State() {
	case v1alpha1.StateReady:
		return nil
	case v1alpha1.StateDeleting:
		if store.Status.Deletion == nil || store.Status.Deletion.Blocker == "" {
			return nil
		}
		return &Cause{
			Reason: v1alpha1.ReasonDeleteBlocked, Message: store.Status.Deletion.Blocker, Fix: "Remove what it names; the delete continues automatically",
		}
	case v1alpha1.StateFailed:
		return causeOf(store, v1alpha1.Stalled, metav1.ConditionTrue)
	default:
		return causeOf(store, v1alpha1.Ready, metav1.ConditionFalse)
	}
}

func causeOf(store *v1alpha1.Store, conditionType string, status metav1.ConditionStatus) *Cause {
	condition := meta.FindStatusCondition(store.Status.Conditions, conditionType)
	if condition == nil || condition.Status != status || condition.Message == "" {
		return nil
	}
	known := store.Status.Cause
	if known == nil || known.Reason != condition.Reason {
		return &Cause{Reason: condition.Reason, Message: condition.Message} // Written by a controller that knew no more.
	}
	shown := &Cause{Reason: known.Reason, Message: known.Message, Fix: known.Fix}
	for _, link := range known.Chain {
		shown.Chain = append(shown.Chain, CauseLink{Kind: link.Kind, Name: link.Name, Message: link.Message})
	}
	return shown
}

func presentPhase(entry v1alpha1.TimelineEntry, now time.Time) Phase {
	phase := Phase{Phase: entry.Phase, StartedAt: entry.StartedAt.UTC()}
	end := now
	if entry.EndedAt != nil {
		ended := entry.EndedAt.UTC()
		phase.EndedAt, end = &ended, ended
	}
	// Rounded to the millisecond, and never negative: clocks of two machines may differ.
	phase.Seconds = max(0, end.Sub(phase.StartedAt)).Round(time.Millisecond).Seconds()
	return phase
}

func presentReceipt(receipt *v1alpha1.Receipt) *Receipt {
	if receipt == nil {
		return nil
	}
	shown := &Receipt{
		OrderNumber:  receipt.OrderNumber,
		SoldAt:       receipt.SoldAt.UTC(),
		Milliseconds: receipt.Milliseconds,
		Steps:        make([]ReceiptStep, 0, len(receipt.Steps)),
	}
	for _, step := range receipt.Steps {
		shown.Steps = append(shown.Steps, ReceiptStep{Name: step.Name, Milliseconds: step.Milliseconds})
	}
	return shown
}

func presentDeletion(deletion *v1alpha1.Deletion) *Deletion {
	if deletion == nil {
		return nil
	}
	shown := &Deletion{StartedAt: deletion.StartedAt.UTC(), Blocker: deletion.Blocker, Remaining: Remaining{
		Namespaces:             deletion.Remaining.Namespaces,
		PersistentVolumeClaims: deletion.Remaining.PersistentVolumeClaims,
		PersistentVolumes:      deletion.Remaining.PersistentVolumes,
		Secrets:                deletion.Remaining.Secrets,
		Services:               deletion.Remaining.Services,
		Ingresses:              deletion.Remaining.Ingresses,
		Pods:                   deletion.Remaining.Pods,
	}}
	if deletion.VerifiedAt != nil {
		verified := deletion.VerifiedAt.UTC()
		shown.VerifiedAt = &verified
	}
	return shown
}
