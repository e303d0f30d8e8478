package store

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/helmrelease"
)

const (
	// blockedAfter is when a delete that has not ended names its blocker.
	blockedAfter = 10 * time.Second
	// graceSeconds is how long a pod of a deleted store may take to terminate: its data is being deleted with it.
	graceSeconds = int64(1)
)

// delete deletes everything that a store owned and removes its finalizer last. No step waits.
//
// The cluster processes a deleted namespace after five seconds, and again only half of its pods' longest grace period later if there
// are still pods in it. So the pods get little time to terminate.
func (r *Reconciler) delete(ctx context.Context, store *v1alpha1.Store) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(store, v1alpha1.Finalizer) {
		return ctrl.Result{}, nil
	}
	now, name := r.Clock.Now(), namespaceOf(store)
	r.forget(store.UID, name)
	namespace, err := r.ownNamespace(ctx, store, name)
	if err != nil {
		return resultOf(ctx, err)
	}
	if err := r.releaseVolumes(ctx, name); err != nil {
		return resultOf(ctx, err)
	}
	if namespace != nil {
		if err := r.deleteNamespace(ctx, store, namespace); err != nil {
			return resultOf(ctx, err)
		}
	}
	left, err := r.countRemaining(ctx, namespace, name)
	if err != nil {
		return resultOf(ctx, err)
	}
	deletion := deletionOf(store, left, now)
	if left == (v1alpha1.Remaining{}) {
		return r.removeFinalizer(ctx, store, deletion)
	}
	if now.Sub(deletion.StartedAt.Time) > blockedAfter {
		deletion.Blocker = r.blocker(ctx, namespace, name, left)
	}
	if err := r.writeDeletion(ctx, store.DeepCopy(), deletion); client.IgnoreNotFound(err) != nil {
		return resultOf(ctx, err)
	}
	return ctrl.Result{RequeueAfter: deleteInterval}, nil
}

// forget drops what is cached about a store and cancels its proof of sale.
func (r *Reconciler) forget(store types.UID, namespace string) {
	r.prover.forget(store)
	r.checker.forget(store)
	r.nudges.forget(store)
	r.works.forget(store)
	r.applier.Forget(namespace)
	r.baselines.forget(namespace)
}

// ownNamespace returns the store's namespace as the API server knows it, nil if there is none or if the one of that name belongs to
// another owner.
func (r *Reconciler) ownNamespace(ctx context.Context, store *v1alpha1.Store, name string) (*corev1.Namespace, error) {
	var namespace corev1.Namespace
	err := r.Live.Get(ctx, client.ObjectKey{Name: name}, &namespace)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read namespace %s: %w", name, err)
	}
	if !isNamespaceOf(&namespace, store) {
		return nil, nil
	}
	return &namespace, nil
}

// deleteNamespace terminates the store's pods and deletes the namespace with everything in it.
func (r *Reconciler) deleteNamespace(ctx context.Context, store *v1alpha1.Store, namespace *corev1.Namespace) error {
	alive := namespace.DeletionTimestamp.IsZero()
	if alive {
		if err := r.orphanPods(ctx, namespace.Name); err != nil {
			return err
		}
	}
	if err := r.deleteClaims(ctx, namespace.Name); err != nil {
		return err
	}
	if err := r.deletePods(ctx, namespace.Name); err != nil || !alive {
		return err
	}
	r.uninstall(ctx, namespace.Name, store.Name)
	err := r.Client.Delete(ctx, namespace, client.Preconditions{UID: &namespace.UID})
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete namespace %s: %w", namespace.Name, err)
	}
	return nil
}

// orphanPods deletes the workloads but leaves their pods. Otherwise the cluster would delete the pods together with their owners, with
// the grace period that the chart gives them, and a kubelet that has begun to terminate a pod accepts no shorter one.
func (r *Reconciler) orphanPods(ctx context.Context, namespace string) error {
	for _, owner := range []client.Object{&appsv1.Deployment{}, &appsv1.ReplicaSet{}, &appsv1.StatefulSet{}} {
		err := r.Client.DeleteAllOf(ctx, owner, client.InNamespace(namespace), client.PropagationPolicy(metav1.DeletePropagationOrphan))
		if err != nil {
			return fmt.Errorf("delete every %T: %w", owner, err)
		}
	}
	return nil
}

// deleteClaims deletes the claims, which Helm leaves behind.
func (r *Reconciler) deleteClaims(ctx context.Context, namespace string) error {
	var claims corev1.PersistentVolumeClaimList
	if err := r.Client.List(ctx, &claims, client.InNamespace(namespace)); err != nil {
		return fmt.Errorf("list claims: %w", err)
	}
	for i := range claims.Items {
		claim := &claims.Items[i]
		if !claim.DeletionTimestamp.IsZero() {
			continue
		}
		if err := r.Client.Delete(ctx, claim, client.Preconditions{UID: &claim.UID}); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("delete claim %s: %w", claim.Name, err)
		}
	}
	return nil
}

// deletePods terminates the pods within graceSeconds. The cache may not contain a new pod yet, so the API server is asked.
func (r *Reconciler) deletePods(ctx context.Context, namespace string) error {
	var pods corev1.PodList
	if err := r.Live.List(ctx, &pods, client.InNamespace(namespace)); err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		if grace := pod.DeletionGracePeriodSeconds; grace != nil && *grace <= graceSeconds {
			continue
		}
		err := r.Client.Delete(ctx, pod, client.GracePeriodSeconds(graceSeconds), client.Preconditions{UID: &pod.UID})
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("delete pod %s: %w", pod.Name, err)
		}
	}
	return nil
}

// uninstall removes the release from Helm. If Helm fails, deleting the namespace removes it as well.
func (r *Reconciler) uninstall(ctx context.Context, namespace, name string) {
	observed, err := r.Helm.Observe(ctx, namespace, name)
	if err == nil && observed.Status == helmrelease.StatusAbsent {
		return
	}
	if err == nil {
		err = r.Helm.Uninstall(ctx, namespace, name)
	}
	if err != nil {
		ctrl.LoggerFrom(ctx).Info("uninstall failed; deleting the namespace anyway", "reason", err.Error())
	}
}

// removeFinalizer writes the receipt of the delete and removes the finalizer.
func (r *Reconciler) removeFinalizer(ctx context.Context, store *v1alpha1.Store, deletion *v1alpha1.Deletion) (ctrl.Result, error) {
	verified := metav1.NewMicroTime(r.Clock.Now())
	deletion.VerifiedAt = &verified
	after := store.DeepCopy()
	if err := r.writeDeletion(ctx, after, deletion); err != nil {
		return resultOf(ctx, client.IgnoreNotFound(err))
	}
	before := after.DeepCopy()
	controllerutil.RemoveFinalizer(after, v1alpha1.Finalizer)
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, after, patch); client.IgnoreNotFound(err) != nil {
		return resultOf(ctx, fmt.Errorf("remove finalizer: %w", err))
	}
	r.written.forget(store.UID)
	ctrl.LoggerFrom(ctx).Info("store deleted", "seconds", verified.Sub(deletion.StartedAt.Time).Seconds())
	return ctrl.Result{}, nil
}

// writeDeletion writes the status of a store that is being deleted, and updates the store to the written version.
func (r *Reconciler) writeDeletion(ctx context.Context, store *v1alpha1.Store, deletion *v1alpha1.Deletion) error {
	before := store.DeepCopy()
	store.Status = deletingStatus(before, deletion)
	return r.patchStatus(ctx, before, store)
}

// deletionOf returns the store's delete receipt, which starts now if there is none yet.
func deletionOf(store *v1alpha1.Store, left v1alpha1.Remaining, now time.Time) *v1alpha1.Deletion {
	started := metav1.NewMicroTime(now)
	if store.Status.Deletion != nil {
		started = store.Status.Deletion.StartedAt
	}
	return &v1alpha1.Deletion{StartedAt: started, Remaining: left}
}

// deletingStatus is the status of a store that is being deleted.
func deletingStatus(store *v1alpha1.Store, deletion *v1alpha1.Deletion) v1alpha1.StoreStatus {
	status := *store.Status.DeepCopy()
	status.ObservedGeneration = store.Generation
	status.Deletion = deletion
	reason, message, stalled := v1alpha1.ReasonDeleting, "The store is being deleted", metav1.ConditionFalse
	if deletion.Blocker != "" {
		reason, message, stalled = v1alpha1.ReasonDeleteBlocked, deletion.Blocker, metav1.ConditionTrue
	}
	setCondition(&status, store.Generation, v1alpha1.Ready, metav1.ConditionFalse, reason, message)
	setCondition(&status, store.Generation, v1alpha1.Reconciling, metav1.ConditionTrue, reason, message)
	setCondition(&status, store.Generation, v1alpha1.Stalled, stalled, reason, message)
	return status
}
