package store

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/tenant"
)

// reconcileNamespace creates the store's namespace, or adopts the one that an earlier pass created.
func (r *Reconciler) reconcileNamespace(ctx context.Context, s *scope) (outcome, error) {
	live, err := r.findNamespace(ctx, s.namespace())
	if err != nil {
		return outcome{}, err
	}
	switch {
	case live == nil:
	case !isNamespaceOf(live, s.store):
		return needsAction(v1alpha1.ReasonNamespaceTaken,
			fmt.Sprintf("Namespace %s exists and does not belong to this store", live.Name)).requeue(driftInterval), nil
	case !live.DeletionTimestamp.IsZero():
		return retrying(v1alpha1.ReasonNamespaceTerminating,
			"The store's namespace was deleted; ShopFlow creates the store again when it is gone").requeue(deleteInterval), nil
	}
	if err := r.applier.Apply(ctx, s.namespace(), s.tenant.NewNamespace()); err != nil {
		return outcome{}, err
	}
	return done("Namespace " + s.namespace()), nil
}

// findNamespace returns a namespace, nil if there is none. It asks the cache first, and the API server before it says that there is
// none.
func (r *Reconciler) findNamespace(ctx context.Context, name string) (*corev1.Namespace, error) {
	var namespace corev1.Namespace
	err := r.Client.Get(ctx, types.NamespacedName{Name: name}, &namespace)
	if apierrors.IsNotFound(err) {
		err = r.Live.Get(ctx, types.NamespacedName{Name: name}, &namespace)
	}
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read namespace %s: %w", name, err)
	}
	return &namespace, nil
}

// isNamespaceOf reports whether a namespace was created for this store, and not for an earlier one of the same name.
func isNamespaceOf(namespace *corev1.Namespace, store *v1alpha1.Store) bool {
	return namespace.Annotations[tenant.AnnotationUID] == string(store.UID)
}
