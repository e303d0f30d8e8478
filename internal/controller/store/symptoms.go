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

// hideSecrets takes the store's secrets out of what its containers said before they ended and what probes were answered, since a
// diagnosis quotes it. That comes first: a diagnosis cuts what it quotes, and half a secret would not be known as one.
func (r *Reconciler) hideSecrets(ctx context.Context, s *scope, symptoms *diagnose.Symptoms) error {
	var secret corev1.Secret
	if err := r.Live.Get(ctx, client.ObjectKey{Namespace: s.namespace(), Name: v1alpha1.CredentialsSecret}, &secret); err != nil {
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

// gather reads what a diagnosis needs beyond the workloads themselves.
func (r *Reconciler) gather(ctx context.Context, namespace string, symptoms *diagnose.Symptoms) error {
	var pods corev1.PodList
	if err := r.Client.List(ctx, &pods, client.InNamespace(namespace)); err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	var claims corev1.PersistentVolumeClaimList
	if err := r.Client.List(ctx, &claims, client.InNamespace(namespace)); err != nil {
		return fmt.Errorf("list claims: %w", err)
	}
	var warnings corev1.EventList
	err := r.Live.List(ctx, &warnings, client.InNamespace(namespace), client.Limit(200),
		client.MatchingFields{"type": corev1.EventTypeWarning})
	if err != nil {
		return fmt.Errorf("list warnings: %w", err)
	}
	symptoms.Pods, symptoms.Claims, symptoms.Events = pods.Items, claims.Items, warnings.Items
	return nil
}
