// Package stores is the use cases behind the HTTP handlers: create, get, delete and retry a store, read its credentials, check a
// name, and say what there is to choose from. It talks to the Kubernetes API only; the controller does the work.
package stores

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/problem"
)

// Objects is the part of the Kubernetes API that the use cases need. Reads must not come from a cache: a client that has created a
// store sees it in its next request.
type Objects interface {
	client.Reader
	Create(ctx context.Context, object client.Object, options ...client.CreateOption) error
	Delete(ctx context.Context, object client.Object, options ...client.DeleteOption) error
	Patch(ctx context.Context, object client.Object, patch client.Patch, options ...client.PatchOption) error
}

// Platform is what the use cases need beside objects.
type Platform struct {
	// Engines are those that this program has, by name; Catalog says which of them the platform can run.
	Engines []EngineInfo
	Catalog catalog.Catalog
	Plans   []Plan
	// StoreURL returns the address of the store with a name.
	StoreURL func(name string) string
	Clock    clock.PassiveClock
}

// Service is the use cases. Its errors are *problem.Error where the caller can do something about them.
type Service struct {
	objects  Objects
	platform Platform
}

// New returns the use cases on the objects of a platform.
func New(objects Objects, platform Platform) *Service {
	return &Service{objects: objects, platform: platform}
}

// Get returns the store. One that the viewer must not see cannot be told from one that does not exist.
func (s *Service) Get(ctx context.Context, viewer Viewer, name string) (*v1alpha1.Store, error) {
	if validateName(name) != "" {
		return nil, notFound(name) // No store can have this name, and not every text may become part of a request's path.
	}
	var store v1alpha1.Store
	err := s.objects.Get(ctx, client.ObjectKey{Name: name}, &store)
	if apierrors.IsNotFound(err) {
		return nil, notFound(name)
	}
	if err != nil {
		return nil, FromKubernetes(fmt.Errorf("get store %s: %w", name, err))
	}
	if !viewer.Sees(&store) {
		return nil, notFound(name)
	}
	return &store, nil
}

func notFound(name string) error {
	return problem.Errorf(problem.StoreNotFound, "There is no store named %q", name)
}
