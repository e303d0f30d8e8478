package stores

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/problem"
)

// attempts bounds how often Create starts over because the store of that name was deleted in the middle of it.
const attempts = 3

// Create creates a store, or returns the existing one with the same settings; created tells which. It does not wait for the store to
// be Ready.
func (s *Service) Create(ctx context.Context, viewer Viewer, request Request) (store *v1alpha1.Store, created bool, err error) {
	if err := request.Validate(s.Engines(viewer)); err != nil {
		return nil, false, err
	}
	software, err := s.platform.Catalog.Pick(request.Engine, request.Version)
	if err != nil {
		return s.unavailable(ctx, viewer, request, err)
	}
	for range attempts {
		store := request.store()
		store.Spec.Version = software.Version // A store keeps the version that it was made with.
		if err = s.objects.Create(ctx, store); err == nil {
			return store, true, nil
		}
		if !apierrors.IsAlreadyExists(err) {
			return nil, false, FromKubernetes(fmt.Errorf("create store %s: %w", request.Name, err))
		}
		existing, err := s.Get(ctx, Viewer{All: true}, request.Name)
		if problem.IsKind(err, problem.StoreNotFound) {
			continue // It was deleted between the two requests, so that the name is free now.
		}
		if err != nil {
			return nil, false, err
		}
		if err := same(existing, request); err != nil {
			return nil, false, err
		}
		return existing, false, nil
	}
	return nil, false, &problem.Error{Kind: problem.Unavailable, Message: fmt.Sprintf("Store %s is being created and deleted by others; try again in a moment", request.Name), Err: err}
}

// unavailable returns the store if it exists: to create it again changes nothing, even when the platform has lost its engine or
// changed its version since. Otherwise it says why the engine is not available.
func (s *Service) unavailable(ctx context.Context, viewer Viewer, request Request, why error) (store *v1alpha1.Store, created bool, err error) {
	existing, err := s.Get(ctx, Viewer{All: true}, request.Name)
	if problem.IsKind(err, problem.StoreNotFound) {
		if !viewer.All && s.platform.Catalog.Check(request.Engine) != nil {
			why = fmt.Errorf("engine %s is not available on this platform; its administrators have not set it up", request.Engine)
		}
		return nil, false, &problem.Error{Kind: problem.EngineUnavailable, Message: sentence(why)}
	}
	if err != nil {
		return nil, false, err
	}
	if err := same(existing, request); err != nil {
		return nil, false, err
	}
	return existing, false, nil
}

// same returns an error if the store is not what the request asks for. Of another owner's store it tells nothing but that it exists.
func same(existing *v1alpha1.Store, request Request) error {
	if existing.Spec.Owner != request.Owner {
		return problem.Errorf(problem.StoreConflict, "This name is taken; choose another")
	}
	if !existing.DeletionTimestamp.IsZero() {
		return problem.Errorf(problem.StoreDeleting, "Store %s is still being deleted; try again when it is gone", existing.Name)
	}
	if different := request.differences(existing.Spec); len(different) > 0 {
		return problem.Errorf(problem.StoreConflict, "Store %s already exists with a different %s", existing.Name, strings.Join(different, ", "))
	}
	return nil
}

// sentence begins with a capital letter.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}
