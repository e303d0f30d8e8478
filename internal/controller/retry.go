package controller

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
)

// minSecret is the least length of what is kept out of messages: a shorter text would hide half of every one.
const minSecret = 6

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
		// Kubernetes keeps times to the second: a pod of the same second may be younger than the wish.
		if podReady(pod) || !pod.DeletionTimestamp.IsZero() || !askedAfter(s.store, pod.CreationTimestamp.Add(time.Second)) {
			continue
		}
		uid := pod.UID
		if err := r.Client.Delete(ctx, pod, client.Preconditions{UID: &uid}); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("restart pod %s: %w", pod.Name, err)
		}
	}
	return nil
}

func podReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// withoutSecrets takes the store's secrets out of a cause: it may quote what a container said before it ended.
func (r *Reconciler) withoutSecrets(ctx context.Context, s *scope, cause diagnose.Cause) (diagnose.Cause, error) {
	var secret corev1.Secret
	key := types.NamespacedName{Namespace: s.namespace(), Name: v1alpha1.CredentialsSecret}
	if err := r.Live.Get(ctx, key, &secret); err != nil {
		return diagnose.Cause{}, fmt.Errorf("read credentials: %w", err)
	}
	var pairs []string
	for name, value := range secret.Data {
		if name != v1alpha1.KeyAdminEmail && name != v1alpha1.KeyPublishableKey && len(value) >= minSecret {
			pairs = append(pairs, string(value), "[secret]")
		}
	}
	hide := strings.NewReplacer(pairs...)
	cause.Message = hide.Replace(cause.Message)
	for i := range cause.Chain {
		cause.Chain[i].Message = hide.Replace(cause.Chain[i].Message)
	}
	return cause, nil
}
