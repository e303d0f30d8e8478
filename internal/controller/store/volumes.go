package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// Annotations of a volume that outlives its claim. The admission policy shopflow-keep-data protects volumes that have the first one.
const (
	// annotationReclaimPolicy is the policy that the volume had before, which it gets back when its store is deleted.
	annotationReclaimPolicy = "shopflow.dev/reclaim-policy"
	// annotationClaim is the UID of the claim whose data the volume holds, and annotationRequest the storage that it requested: a volume may
	// be larger.
	annotationClaim   = "shopflow.dev/claim-uid"
	annotationRequest = "shopflow.dev/claim-request"
)

// keepVolumes lets the volumes of bound claims outlive them. What is not in the cache yet is for a later pass.
func (r *Reconciler) keepVolumes(ctx context.Context, claims []corev1.PersistentVolumeClaim) error {
	for i := range claims {
		claim := &claims[i]
		if claim.Status.Phase != corev1.ClaimBound || claim.DeletionTimestamp != nil {
			continue
		}
		var volume corev1.PersistentVolume
		err := r.Client.Get(ctx, types.NamespacedName{Name: claim.Spec.VolumeName}, &volume)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read volume %s: %w", claim.Spec.VolumeName, err)
		}
		request := claim.Spec.Resources.Requests[corev1.ResourceStorage]
		kept := volume.Annotations[annotationClaim] != ""
		if kept && volume.Annotations[annotationRequest] == request.String() {
			continue
		}
		after := volume.DeepCopy()
		if !kept {
			metav1.SetMetaDataAnnotation(&after.ObjectMeta, annotationClaim, string(claim.UID))
		}
		metav1.SetMetaDataAnnotation(&after.ObjectMeta, annotationRequest, request.String())
		if policy := volume.Spec.PersistentVolumeReclaimPolicy; policy != corev1.PersistentVolumeReclaimRetain {
			metav1.SetMetaDataAnnotation(&after.ObjectMeta, annotationReclaimPolicy, string(policy))
			after.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimRetain
		}
		if err := r.Client.Patch(ctx, after, client.MergeFrom(&volume)); err != nil {
			return fmt.Errorf("keep volume %s: %w", volume.Name, err)
		}
	}
	return nil
}

// releaseVolumes lets volumes that keepVolumes has kept go with their claims, because their store is being deleted.
func (r *Reconciler) releaseVolumes(ctx context.Context, namespace string) error {
	volumes, err := volumesOf(ctx, r.Client, namespace)
	if err != nil {
		return err
	}
	for i := range volumes {
		volume := &volumes[i]
		policy := volume.Annotations[annotationReclaimPolicy]
		if policy == "" {
			continue
		}
		after := volume.DeepCopy()
		delete(after.Annotations, annotationReclaimPolicy)
		after.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimPolicy(policy)
		if err := r.Client.Patch(ctx, after, client.MergeFrom(volume)); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("release volume %s: %w", volume.Name, err)
		}
	}
	return nil
}

// keptVolume returns the volume that has the data of a claim that is gone, nil if there is none.
func (r *Reconciler) keptVolume(ctx context.Context, claim types.NamespacedName, uid types.UID) (*corev1.PersistentVolume, error) {
	volumes, err := volumesOf(ctx, r.Live, claim.Namespace)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(volumes, func(volume corev1.PersistentVolume) bool {
		holds := volume.Annotations[annotationClaim] == string(uid) || volume.Spec.ClaimRef.UID == uid
		return holds && volume.Spec.ClaimRef.Name == claim.Name && volume.DeletionTimestamp == nil
	})
	if at < 0 {
		return nil, nil
	}
	return &volumes[at], nil
}

// bindAgain gives the store's kept volumes claims again. A claim that something else has made and that has no volume yet gets it as well.
func (r *Reconciler) bindAgain(ctx context.Context, s *scope) (outcome, error) {
	binding := waiting(v1alpha1.ReasonPending, "Binding the volumes with the store's data again").requeue(pollInterval)
	for _, name := range slices.Sorted(maps.Keys(s.kept)) {
		volume := s.kept[name]
		claim := claimFor(volume)
		claim.Labels = s.tenant.Labels()
		var there corev1.PersistentVolumeClaim
		err := r.Live.Get(ctx, client.ObjectKeyFromObject(claim), &there)
		if client.IgnoreNotFound(err) != nil {
			return outcome{}, fmt.Errorf("read claim %s: %w", name, err)
		}
		// Without the old claim's UID in it, the reference reserves the volume for the next claim of that name. The UID of a new claim is
		// written by the cluster, before it writes the claim itself, and must stay.
		if uid := volume.Spec.ClaimRef.UID; uid != "" && uid != there.UID {
			free := volume.DeepCopy()
			free.Spec.ClaimRef.UID, free.Spec.ClaimRef.ResourceVersion = "", ""
			patch := client.MergeFromWithOptions(volume, client.MergeFromWithOptimisticLock{})
			if patched := r.Client.Patch(ctx, free, patch); apierrors.IsConflict(patched) {
				return binding, nil
			} else if patched != nil {
				return outcome{}, fmt.Errorf("free volume %s: %w", volume.Name, patched)
			}
			r.Events.Eventf(s.store, nil, corev1.EventTypeWarning, "DataKept", "BindAgain", "Claim %s was gone; its volume %s gets a new one", name, volume.Name)
		}
		if err == nil {
			continue
		}
		if err := r.Client.Create(ctx, claim, fieldOwner); err != nil && !apierrors.IsAlreadyExists(err) {
			return outcome{}, fmt.Errorf("claim volume %s: %w", volume.Name, err)
		}
	}
	return binding, nil
}

// claimFor returns the claim that a volume is reserved for. It requests what the old one did, since the release will.
func claimFor(volume *corev1.PersistentVolume) *corev1.PersistentVolumeClaim {
	request := volume.Spec.Capacity[corev1.ResourceStorage]
	if noted, err := resource.ParseQuantity(volume.Annotations[annotationRequest]); err == nil {
		request = noted
	}
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: volume.Spec.ClaimRef.Name, Namespace: volume.Spec.ClaimRef.Namespace},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes:      volume.Spec.AccessModes,
			StorageClassName: &volume.Spec.StorageClassName,
			VolumeName:       volume.Name,
			Resources:        corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: request}},
		},
	}
}
