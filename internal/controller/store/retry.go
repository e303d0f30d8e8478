package store

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// retryHolds is how long a wish to try again holds for pods: one that fails much later has nothing to do with it.
const retryHolds = 5 * time.Minute

// askedAfter reports whether somebody has asked to try again after a moment.
func askedAfter(store *v1alpha1.Store, moment time.Time) bool {
	asked, err := time.Parse(time.RFC3339Nano, store.Annotations[v1alpha1.AnnotationRetryAt])
	return err == nil && asked.After(moment)
}

// restart removes the pods that were there and not well when somebody asked to try again: their successors begin at once, where
// they themselves would wait longer after each failure. Successors are younger than the wish, so that it is met once.
func (r *Reconciler) restart(ctx context.Context, s *scope, pods []corev1.Pod) error {
	for i := range pods {
		pod := &pods[i]
		if !failedAtWish(s.store, pod, r.Clock.Now()) {
			continue
		}
		uid := pod.UID
		if err := r.Client.Delete(ctx, pod, client.Preconditions{UID: &uid}); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("restart pod %s: %w", pod.Name, err)
		}
	}
	return nil
}

// failedAtWish reports whether the pod was there and not ready when somebody asked, a short while ago, to try again, and still is so.
func failedAtWish(store *v1alpha1.Store, pod *corev1.Pod, now time.Time) bool {
	if !pod.DeletionTimestamp.IsZero() || !askedAfter(store, now.Add(-retryHolds)) {
		return false
	}
	since := pod.CreationTimestamp.Time
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			if condition.Status == corev1.ConditionTrue {
				return false
			}
			since = condition.LastTransitionTime.Time
		}
	}
	// Kubernetes keeps times to the second: what is of the same second may be younger than the wish.
	return askedAfter(store, since.Add(time.Second))
}
