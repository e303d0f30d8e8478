package stores

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/problem"
)

// Delete starts to delete the store and returns it in that state. It does not wait for the end, and does nothing to a store that is
// being deleted.
func (s *Service) Delete(ctx context.Context, viewer Viewer, name string) (*v1alpha1.Store, error) {
	store, err := s.Get(ctx, viewer, name)
	if err != nil || !store.DeletionTimestamp.IsZero() {
		return store, err
	}
	err = s.objects.Delete(ctx, store, client.Preconditions{UID: &store.UID})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) { // A conflict: another store of that name was created meanwhile.
		return nil, notFound(name)
	}
	if err != nil {
		return nil, FromKubernetes(fmt.Errorf("delete store %s: %w", name, err))
	}
	deleting, err := s.Get(ctx, viewer, name)
	if problem.IsKind(err, problem.StoreNotFound) || (err == nil && deleting.UID != store.UID) {
		now := metav1.Now() // Gone already: the controller had not started with it.
		store.DeletionTimestamp = &now
		return store, nil
	}
	return deleting, err
}
