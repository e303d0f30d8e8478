package store

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
	"shopflow.dev/shopflow/internal/redact"
)

// maxWarnings bounds how many events of a store a diagnosis reads.
const maxWarnings = 200

// collectSymptoms reads what a diagnosis needs in addition to the workloads themselves, without the store's secrets.
func (r *Reconciler) collectSymptoms(ctx context.Context, namespace string, symptoms *diagnose.Symptoms) error {
	var pods corev1.PodList
	if err := r.Client.List(ctx, &pods, client.InNamespace(namespace)); err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	var claims corev1.PersistentVolumeClaimList
	if err := r.Client.List(ctx, &claims, client.InNamespace(namespace)); err != nil {
		return fmt.Errorf("list claims: %w", err)
	}
	var warnings corev1.EventList
	err := r.Live.List(ctx, &warnings, client.InNamespace(namespace), client.Limit(maxWarnings),
		client.MatchingFields{"type": corev1.EventTypeWarning})
	if err != nil {
		return fmt.Errorf("list warnings: %w", err)
	}
	symptoms.Pods, symptoms.Claims, symptoms.Events = pods.Items, claims.Items, warnings.Items
	return r.redactSymptoms(ctx, namespace, symptoms)
}

// redactSymptoms removes the store's secrets from the messages of its containers and events, because a diagnosis quotes them. It comes
// first: a diagnosis cuts what it quotes, and half a secret would not be recognized.
func (r *Reconciler) redactSymptoms(ctx context.Context, namespace string, symptoms *diagnose.Symptoms) error {
	var secret corev1.Secret
	if err := r.Live.Get(ctx, client.ObjectKey{Namespace: namespace, Name: v1alpha1.CredentialsSecret}, &secret); err != nil {
		return fmt.Errorf("read credentials: %w", err)
	}
	secrets := redact.New(secret.Data)
	for i := range symptoms.Pods {
		status := &symptoms.Pods[i].Status
		for _, containers := range [][]corev1.ContainerStatus{status.InitContainerStatuses, status.ContainerStatuses} {
			for j := range containers {
				for _, state := range []*corev1.ContainerState{&containers[j].State, &containers[j].LastTerminationState} {
					if state.Terminated != nil {
						state.Terminated.Message = secrets.From(state.Terminated.Message)
					}
					if state.Waiting != nil {
						state.Waiting.Message = secrets.From(state.Waiting.Message)
					}
				}
			}
		}
	}
	for i := range symptoms.Events {
		symptoms.Events[i].Message = secrets.From(symptoms.Events[i].Message)
	}
	return nil
}
