package store

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// recordEvents emits an event for each phase that has just completed, for the store when it becomes Ready, and for each new cause that
// does not go away on its own.
func (r *Reconciler) recordEvents(store *v1alpha1.Store, before, after v1alpha1.StoreStatus) {
	for _, kind := range append(v1alpha1.Phases(), v1alpha1.Ready) {
		if !meta.IsStatusConditionTrue(after.Conditions, kind) || meta.IsStatusConditionTrue(before.Conditions, kind) {
			continue
		}
		r.Events.Eventf(store, nil, corev1.EventTypeNormal, kind, "Reconcile", "%s", meta.FindStatusCondition(after.Conditions, kind).Message)
	}
	if cause := after.Cause; cause.Certain() && (!before.Cause.Certain() || before.Cause.Reason != cause.Reason) {
		r.Events.Eventf(store, nil, corev1.EventTypeWarning, cause.Reason, "Reconcile", "%s. %s", cause.Message, cause.Fix)
	}
}
