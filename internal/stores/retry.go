package stores

import (
	"context"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/problem"
)

// Retry makes the controller try the failed phase of the store again at once instead of waiting.
func (s *Service) Retry(ctx context.Context, viewer Viewer, name string) (*v1alpha1.Store, error) {
	store, err := s.Get(ctx, viewer, name)
	if err != nil {
		return nil, err
	}
	if !store.DeletionTimestamp.IsZero() {
		return nil, problem.Errorf(problem.StoreDeleting, "Store %s is being deleted", name)
	}
	if err := s.patch(ctx, store, "retry", s.request(v1alpha1.AnnotationRetryAt), nil); err != nil {
		return nil, err
	}
	return store, nil
}
