package stores

import (
	"context"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/problem"
)

// Change is what is to become of a store.
type Change struct {
	// Plan is empty for the one that it has.
	Plan v1alpha1.Plan
	// DisplayName is nil for the one that it has, and empty for the store's name.
	DisplayName *string
	// Refresh gives the store what the platform brings today for its version.
	Refresh bool
}

// Validate returns an error of the kind Invalid that names every field that cannot be accepted.
func (c Change) Validate() error {
	var fields problem.Fields
	if c.Plan != "" || c.DisplayName == nil && !c.Refresh {
		fields.Add("plan", oneOf(string(c.Plan), "plan", plans()...))
	}
	if c.DisplayName != nil {
		fields.Add("displayName", validateDisplayName(*c.DisplayName))
	}
	return fields.Err()
}

// spec returns what the change is in a store's spec.
func (c Change) spec() map[string]any {
	spec := map[string]any{}
	if c.Plan != "" {
		spec["plan"] = c.Plan
	}
	if c.DisplayName != nil {
		spec["displayName"] = *c.DisplayName
	}
	return spec
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
	var metadata map[string]any
	if change.Refresh {
		metadata = s.request(v1alpha1.AnnotationRefreshAt)
	}
	if err := s.patch(ctx, store, "update", metadata, map[string]any{"spec": change.spec()}); err != nil {
		return nil, err
	}
	return store, nil
}
