package stores

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

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
	patch := fmt.Appendf(nil, `{"metadata":{"uid":%q,"annotations":{%q:%q}}}`, store.UID, v1alpha1.AnnotationStartEmptyAt, s.platform.Clock.Now().UTC().Format(time.RFC3339Nano))
	err = s.objects.Patch(ctx, store, client.RawPatch(types.MergePatchType, patch))
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil, notFound(name) // It was deleted between the two requests; another store may have its name.
	}
	if err != nil {
		return nil, FromKubernetes(fmt.Errorf("reset store %s: %w", name, err))
	}
	return store, nil
}
