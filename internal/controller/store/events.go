package store

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// announce emits an event for each phase that was just done, for each new cause of failure, and for the store itself.
func (r *Reconciler) announce(store *v1alpha1.Store, before, after []metav1.Condition) {
	for _, kind := range append(v1alpha1.Phases(), v1alpha1.Ready, v1alpha1.Stalled) {
		old, now := meta.FindStatusCondition(before, kind), meta.FindStatusCondition(after, kind)
		if now == nil || now.Status != metav1.ConditionTrue {
			continue
		}
		if old != nil && old.Status == now.Status && (kind != v1alpha1.Stalled || old.Reason == now.Reason) {
			continue
		}
		eventType, reason := corev1.EventTypeNormal, kind
		if kind == v1alpha1.Stalled {
			eventType, reason = corev1.EventTypeWarning, now.Reason
		}
		r.Events.Eventf(store, nil, eventType, reason, "Reconcile", "%s", now.Message)
	}
}
