package store

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// countRemaining counts what is left of a store. While the namespace exists, the cache is good enough. Once the API server says that it
// is gone, everything in it is gone and only volumes can be left: those are read from the API server.
func (r *Reconciler) countRemaining(ctx context.Context, namespace *corev1.Namespace, name string) (v1alpha1.Remaining, error) {
	var left v1alpha1.Remaining
	reader := r.Live
	if namespace != nil {
		left.Namespaces = 1
		reader = r.Client
		secrets := &metav1.PartialObjectMetadataList{}
		secrets.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
		for _, kind := range []struct {
			list  client.ObjectList
			count *int
		}{
			{&corev1.PodList{}, &left.Pods},
			{&corev1.PersistentVolumeClaimList{}, &left.PersistentVolumeClaims},
			{&corev1.ServiceList{}, &left.Services},
			{&networkingv1.IngressList{}, &left.Ingresses},
			{secrets, &left.Secrets},
		} {
			if err := r.Client.List(ctx, kind.list, client.InNamespace(name)); err != nil {
				return left, fmt.Errorf("count what is left: %w", err)
			}
			*kind.count = meta.LenList(kind.list)
		}
	}
	volumes, err := volumesOf(ctx, reader, name)
	left.PersistentVolumes = len(volumes)
	return left, err
}

// volumesOf returns the volumes bound to claims of a namespace.
func volumesOf(ctx context.Context, reader client.Reader, namespace string) ([]corev1.PersistentVolume, error) {
	var list corev1.PersistentVolumeList
	if err := reader.List(ctx, &list); err != nil {
		return nil, fmt.Errorf("list volumes: %w", err)
	}
	var volumes []corev1.PersistentVolume
	for _, volume := range list.Items {
		if volume.Spec.ClaimRef != nil && volume.Spec.ClaimRef.Namespace == namespace {
			volumes = append(volumes, volume)
		}
	}
	return volumes, nil
}

// blocker says in one sentence what keeps a delete from ending.
func (r *Reconciler) blocker(ctx context.Context, namespace *corev1.Namespace, name string, left v1alpha1.Remaining) string {
	if namespace != nil {
		if text := namespaceBlocker(namespace); text != "" {
			return text
		}
		var pods corev1.PodList
		if err := r.Client.List(ctx, &pods, client.InNamespace(name)); err == nil && len(pods.Items) > 0 {
			return fmt.Sprintf("Pod %s has not terminated", pods.Items[0].Name)
		}
	}
	if left.PersistentVolumes > 0 {
		if volumes, err := volumesOf(ctx, r.Client, name); err == nil && len(volumes) > 0 {
			return fmt.Sprintf("Volume %s is %s: its provisioner has not deleted it", volumes[0].Name, volumes[0].Status.Phase)
		}
	}
	return "The cluster is still deleting what is left"
}

// namespaceBlocker returns what the cluster itself says about a namespace that is not deleted: finalizers first, because people can act
// on them.
func namespaceBlocker(namespace *corev1.Namespace) string {
	for _, kind := range []corev1.NamespaceConditionType{
		corev1.NamespaceFinalizersRemaining,
		corev1.NamespaceDeletionContentFailure,
		corev1.NamespaceDeletionDiscoveryFailure,
		corev1.NamespaceDeletionGVParsingFailure,
		corev1.NamespaceContentRemaining,
	} {
		for _, condition := range namespace.Status.Conditions {
			if condition.Type == kind && condition.Status == corev1.ConditionTrue {
				return "Namespace " + namespace.Name + ": " + strings.TrimSpace(condition.Message)
			}
		}
	}
	return ""
}
