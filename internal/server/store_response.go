package server

import (
	"cmp"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// storeResponse is a store as the contract describes it. It is pure: now only sets the duration of running phases.
func storeResponse(store *v1alpha1.Store, now time.Time) Store {
	response := Store{
		Name:        store.Name,
		UID:         string(store.UID),
		DisplayName: store.Spec.DisplayName,
		Engine:      string(store.Spec.Engine),
		Version:     cmp.Or(store.Status.Version, store.Spec.Version),
		Plan:        string(store.Spec.Plan),
		Owner:       store.Spec.Owner,
		AdminEmail:  store.Spec.AdminEmail,
		State:       StoreState(store.State()),
		Cause:       causeResponse(store),
		URL:         store.Status.URL,
		AdminURL:    store.Status.AdminURL,
		Receipt:     receiptResponse(store.Status.Receipt),
		Timeline:    make([]Phase, 0, len(store.Status.Timeline)),
		Conditions:  make([]Condition, 0, len(store.Status.Conditions)),
		Refresh:     refreshResponse(store.RequestedRefresh()),
		Deletion:    deletionResponse(store.Status.Deletion),
		Namespace:   store.Status.Namespace,
		CreatedAt:   store.CreationTimestamp.UTC(),
	}
	if store.Status.Release != nil {
		response.Release = store.Status.Release.Name
	}
	for _, entry := range store.Status.Timeline {
		response.Timeline = append(response.Timeline, phaseResponse(entry, now))
	}
	for _, condition := range store.Status.Conditions {
		response.Conditions = append(response.Conditions, Condition{
			Type:               condition.Type,
			Status:             ConditionStatus(condition.Status),
			Reason:             condition.Reason,
			Message:            condition.Message,
			LastTransitionTime: condition.LastTransitionTime.UTC(),
		})
	}
	return response
}

func refreshResponse(refresh *v1alpha1.Refresh) *Refresh {
	if refresh == nil {
		return nil
	}
	response := &Refresh{RequestedAt: refresh.RequestedAt.UTC(), Failure: refresh.Failure}
	if refresh.EndedAt != nil {
		ended := refresh.EndedAt.UTC()
		response.EndedAt = &ended
	}
	return response
}

// causeResponse says why a store is not Ready, or what blocks its deletion; nil if neither.
func causeResponse(store *v1alpha1.Store) *Cause {
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
	case v1alpha1.StateFailed, v1alpha1.StateDataLost:
		return conditionCause(store, v1alpha1.Stalled, metav1.ConditionTrue)
	default:
		return conditionCause(store, v1alpha1.Ready, metav1.ConditionFalse)
	}
}

func conditionCause(store *v1alpha1.Store, conditionType string, status metav1.ConditionStatus) *Cause {
	condition := meta.FindStatusCondition(store.Status.Conditions, conditionType)
	if condition == nil || condition.Status != status || condition.Message == "" {
		return nil
	}
	known := store.Status.Cause
	if known == nil || known.Reason != condition.Reason {
		return &Cause{Reason: condition.Reason, Message: condition.Message} // An older controller wrote no more.
	}
	response := &Cause{Reason: known.Reason, Message: known.Message, Fix: known.Fix}
	for _, link := range known.Chain {
		response.Chain = append(response.Chain, CauseLink{Kind: link.Kind, Name: link.Name, Message: link.Message})
	}
	return response
}

func phaseResponse(entry v1alpha1.TimelineEntry, now time.Time) Phase {
	phase := Phase{Phase: entry.Phase, StartedAt: entry.StartedAt.UTC()}
	end := now
	if entry.EndedAt != nil {
		ended := entry.EndedAt.UTC()
		phase.EndedAt, end = &ended, ended
	}
	// Never negative: the clocks of two machines may differ.
	phase.Seconds = max(0, end.Sub(phase.StartedAt)).Round(time.Millisecond).Seconds()
	return phase
}

func receiptResponse(receipt *v1alpha1.Receipt) *Receipt {
	if receipt == nil {
		return nil
	}
	response := &Receipt{
		OrderNumber:  receipt.OrderNumber,
		SoldAt:       receipt.SoldAt.UTC(),
		Milliseconds: receipt.Milliseconds,
		Steps:        make([]ReceiptStep, 0, len(receipt.Steps)),
	}
	for _, step := range receipt.Steps {
		response.Steps = append(response.Steps, ReceiptStep{Name: step.Name, Milliseconds: step.Milliseconds})
	}
	return response
}

func deletionResponse(deletion *v1alpha1.Deletion) *Deletion {
	if deletion == nil {
		return nil
	}
	response := &Deletion{StartedAt: deletion.StartedAt.UTC(), Blocker: deletion.Blocker, Remaining: Remaining{
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
		response.VerifiedAt = &verified
	}
	return response
}
