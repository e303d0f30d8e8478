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

// reconcileNamespace makes the store's namespace, or takes up the one that was made before.
func (r *Reconciler) reconcileNamespace(ctx context.Context, s *scope) (outcome, error) {
	live, err := r.findNamespace(ctx, s.namespace())
	if err != nil {
		return outcome{}, err
	}
	switch {
	case live == nil:
	case !isNamespaceOf(live, s.store):
		return failed(v1alpha1.ReasonNamespaceTaken,
			fmt.Sprintf("Namespace %s exists and belongs to somebody else", live.Name)).again(afterQuiet), nil
	case !live.DeletionTimestamp.IsZero():
		return waiting(v1alpha1.ReasonNamespaceTerminating,
			"The store's namespace was deleted; the store is made anew when it is gone").again(afterDelete), nil
	}
	if err := r.applier.Apply(ctx, s.namespace(), s.tenant.NewNamespace()); err != nil {
		return outcome{}, err
	}
	return done("Namespace " + s.namespace()), nil
}

// findNamespace returns a namespace, nil if there is none. The cache is asked first, but only the API server is
// believed when it comes to one that is not there.
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

// isNamespaceOf reports whether a namespace was made for this very store, and not for an earlier one of its name.
func isNamespaceOf(namespace *corev1.Namespace, store *v1alpha1.Store) bool {
	return namespace.Annotations[tenant.AnnotationUID] == string(store.UID)
}
