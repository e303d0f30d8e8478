package stores

import (
	"context"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/problem"
)

// Reset lets a store whose data is lost start with what is left of it. It is refused for every other store.
func (s *Service) Reset(ctx context.Context, viewer Viewer, name string) (*v1alpha1.Store, error) {
	store, err := s.Get(ctx, viewer, name)
	if err != nil {
		return nil, err
	}
	if store.State() != v1alpha1.StateDataLost {
		return nil, problem.Errorf(problem.StoreConflict, "Store %s has lost no data: its state is %s", name, store.State())
	}
	if err := s.patch(ctx, store, "reset", s.request(v1alpha1.AnnotationStartEmptyAt), nil); err != nil {
		return nil, err
	}
	return store, nil
}
