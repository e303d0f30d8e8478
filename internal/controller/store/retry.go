package store

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// retryValidity is how long a requested retry applies to pods: one that fails much later fails for another reason.
const retryValidity = 5 * time.Minute

// retryRequestedAfter reports whether a person has requested a retry after a moment.
func retryRequestedAfter(store *v1alpha1.Store, moment time.Time) bool {
	requested, err := time.Parse(time.RFC3339Nano, store.Annotations[v1alpha1.AnnotationRetryAt])
	return err == nil && requested.After(moment)
}

// restartFailedPods deletes the pods that had failed when a retry was requested: their successors start at once, where they themselves
// would wait longer after each failure. Successors are younger than the request, so that each request restarts a pod once.
func (r *Reconciler) restartFailedPods(ctx context.Context, s *scope, pods []corev1.Pod) error {
	for i := range pods {
		pod := &pods[i]
		if !failedBeforeRetry(s.store, pod, s.now) {
			continue
		}
		if err := r.restartPod(ctx, pod); err != nil {
			return err
		}
	}
	return nil
}

// restartPod deletes a pod, so that its successor starts. Another pod that has its name by now stays.
func (r *Reconciler) restartPod(ctx context.Context, pod *corev1.Pod) error {
	if err := r.Client.Delete(ctx, pod, client.Preconditions{UID: &pod.UID}); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("restart pod %s: %w", pod.Name, err)
	}
	return nil
}

// failedBeforeRetry reports whether a retry was requested a short while ago, and the pod was not ready then and still is not.
func failedBeforeRetry(store *v1alpha1.Store, pod *corev1.Pod, now time.Time) bool {
	if !pod.DeletionTimestamp.IsZero() || !retryRequestedAfter(store, now.Add(-retryValidity)) {
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
	// Kubernetes keeps times to the second: a pod of the same second may be younger than the request.
	return retryRequestedAfter(store, since.Add(time.Second))
}
