package stores

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/problem"
)

// Change is the settings that a store gets.
type Change struct {
	Plan v1alpha1.Plan
}

// Validate returns an error of the kind Invalid that names every field that cannot be accepted.
func (c Change) Validate() error {
	var fields problem.Fields
	fields.Add("plan", oneOf(string(c.Plan), "plan", plans()...))
	return fields.Err()
}

// Update changes the settings of a store. It does not wait until they apply: the controller may refuse them.
func (s *Service) Update(ctx context.Context, viewer Viewer, name string, change Change) (*v1alpha1.Store, error) {
	if err := change.Validate(); err != nil {
		return nil, err
	}
	store, err := s.Get(ctx, viewer, name)
	if err != nil {
		return nil, err
	}
	if !store.DeletionTimestamp.IsZero() {
		return nil, problem.Errorf(problem.StoreDeleting, "Store %s is being deleted", name)
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": store.UID}, "spec": map[string]any{"plan": change.Plan}})
	if err != nil {
		return nil, fmt.Errorf("update store %s: %w", name, err)
	}
	err = s.objects.Patch(ctx, store, client.RawPatch(types.MergePatchType, patch))
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil, notFound(name) // It was deleted between the two requests; another store may have its name.
	}
	if err != nil {
		return nil, FromKubernetes(fmt.Errorf("update store %s: %w", name, err))
	}
	return store, nil
}
