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
	// blockedAfter is when a delete that is still going has its blocker named.
	blockedAfter = 10 * time.Second
	// graceSeconds is all that a pod of a deleted store gets to end: nobody will read what it might still write.
	graceSeconds = int64(1)
)

// finalize takes everything away that a store owned and removes its finalizer last. No step waits.
//
// The cluster takes up a deleted namespace after five seconds, and again only half of its pods' longest grace period later
// if there are still pods in it. So the pods get little time to end.
func (r *Reconciler) finalize(ctx context.Context, store *v1alpha1.Store) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(store, v1alpha1.Finalizer) {
		return ctrl.Result{}, nil
	}
	name := namespaceOf(store)
	r.forget(store.UID, name)
	namespace, err := r.ownNamespace(ctx, store, name)
	if err != nil {
		return quiet(ctx, err)
	}
	now := r.Clock.Now()
	deletion := beginDeletion(store, now)
	if namespace != nil {
		if err := r.takeDown(ctx, store, namespace); err != nil {
			return quiet(ctx, err)
		}
	}
	if err := r.count(ctx, namespace, name, deletion); err != nil {
		return quiet(ctx, err)
	}
	left := deletion.Remaining
	if left == (v1alpha1.Remaining{}) {
		return r.letGo(ctx, store, deletion)
	}
	if now.Sub(deletion.StartedAt.Time) > blockedAfter {
		deletion.Blocker = r.blocker(ctx, namespace, name, left)
	}
	after := store.DeepCopy()
	after.Status = deletingStatus(store, deletion)
	if err := r.patchStatus(ctx, store, after); client.IgnoreNotFound(err) != nil {
		return quiet(ctx, err)
	}
	return ctrl.Result{RequeueAfter: afterDelete}, nil
}

// forget drops what is remembered of a store, and breaks off a sale that is being made in it.
func (r *Reconciler) forget(store types.UID, namespace string) {
	r.sales.forget(store)
	r.nudges.forget(store)
	r.applier.Forget(namespace)
	r.drift.forget(namespace)
}

// ownNamespace returns the store's namespace as the API server knows it, nil if there is none or if the one of that
// name belongs to somebody else.
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

// takeDown ends the store's pods and deletes the namespace with all that is in it.
func (r *Reconciler) takeDown(ctx context.Context, store *v1alpha1.Store, namespace *corev1.Namespace) error {
	alive := namespace.DeletionTimestamp.IsZero()
	if alive {
		if err := r.disown(ctx, namespace.Name); err != nil {
			return err
		}
	}
	if err := r.empty(ctx, namespace.Name); err != nil || !alive {
		return err
	}
	r.uninstall(ctx, namespace.Name, store.Name)
	err := r.Client.Delete(ctx, namespace, client.Preconditions{UID: &namespace.UID})
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete namespace %s: %w", namespace.Name, err)
	}
	return nil
}

// disown deletes what makes pods, but leaves the pods. Otherwise the cluster would delete them together with their owners, with
// the time to end that the chart gives them, and a kubelet that has begun to end a pod takes no shorter time.
func (r *Reconciler) disown(ctx context.Context, namespace string) error {
	for _, owner := range []client.Object{&appsv1.Deployment{}, &appsv1.ReplicaSet{}, &appsv1.StatefulSet{}} {
		err := r.Client.DeleteAllOf(ctx, owner, client.InNamespace(namespace), client.PropagationPolicy(metav1.DeletePropagationOrphan))
		if err != nil {
			return fmt.Errorf("delete every %T: %w", owner, err)
		}
	}
	return nil
}

// uninstall tells Helm that the release goes. If Helm cannot, the end of the namespace takes it away just as well.
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

// empty deletes the claims that Helm leaves behind and hurries the pods. The cache may not know a pod that was just made, so the
// API server is asked.
func (r *Reconciler) empty(ctx context.Context, namespace string) error {
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

// letGo writes the receipt of the delete and lets the Store go.
func (r *Reconciler) letGo(ctx context.Context, store *v1alpha1.Store, deletion *v1alpha1.Deletion) (ctrl.Result, error) {
	verified := metav1.NewMicroTime(r.Clock.Now())
	deletion.VerifiedAt, deletion.Blocker = &verified, ""
	after := store.DeepCopy()
	after.Status = deletingStatus(store, deletion)
	if err := r.patchStatus(ctx, store, after); err != nil {
		return quiet(ctx, client.IgnoreNotFound(err))
	}
	before := after.DeepCopy()
	controllerutil.RemoveFinalizer(after, v1alpha1.Finalizer)
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, after, patch); client.IgnoreNotFound(err) != nil {
		return quiet(ctx, fmt.Errorf("remove finalizer: %w", err))
	}
	r.written.forget(store.UID)
	ctrl.LoggerFrom(ctx).Info("store deleted", "seconds", verified.Sub(deletion.StartedAt.Time).Seconds())
	return ctrl.Result{}, nil
}
