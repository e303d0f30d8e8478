// Package stores holds what can be done with stores: create, list, get, delete, read credentials and follow. It talks to the
// Kubernetes API only; the controller does the work.
package stores

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
)

// attempts bounds how often an operation starts again because the store came or went in the middle of it.
const attempts = 3

// Objects is the part of the Kubernetes API that the use cases need. Reads must not come from a cache: whoever has created
// a store sees it in the next request.
type Objects interface {
	client.Reader
	Create(ctx context.Context, object client.Object, options ...client.CreateOption) error
	Delete(ctx context.Context, object client.Object, options ...client.DeleteOption) error
	Patch(ctx context.Context, object client.Object, patch client.Patch, options ...client.PatchOption) error
}

// Platform is what the use cases need beside objects.
type Platform struct {
	Catalog catalog.Catalog
	Plans   []Plan
	// StoreURL returns the address of the store with a name.
	StoreURL func(name string) string
	// Namespace is the platform's own.
	Namespace string
	Clock     clock.PassiveClock
	// OpenLog opens the log of a container of a pod.
	OpenLog func(ctx context.Context, namespace, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error)
	// Measure reads a path of the cluster's metrics API.
	Measure func(ctx context.Context, path string) ([]byte, error)
	// Requests counts a host's requests; nil where nobody does.
	Requests func(ctx context.Context, host string) (Requests, error)
}

// Service is the use cases. Its errors are *Error where the caller can do something about them.
type Service struct {
	objects  Objects
	platform Platform
}

// New returns the use cases on the objects of a platform.
func New(objects Objects, platform Platform) *Service {
	return &Service{objects: objects, platform: platform}
}

// Engine is a kind of shop, and whether this platform can make one.
type Engine struct {
	Name      v1alpha1.Engine
	Title     string
	Version   string
	Available bool
	// Reason says why it is not available, and what to do about it.
	Reason string
}

// Engines returns every engine that there is, by name. Why one is not there names folders of the operator's, so only who sees
// everything is told.
func (s *Service) Engines(viewer Viewer) []Engine {
	titles := map[v1alpha1.Engine]string{v1alpha1.EngineMedusa: "Medusa", v1alpha1.EngineWooCommerce: "WooCommerce"}
	engines := make([]Engine, 0, len(titles))
	for _, name := range slices.Sorted(maps.Keys(titles)) {
		software := s.platform.Catalog.Engines[name]
		engine := Engine{Name: name, Title: titles[name], Version: software.Version, Reason: software.Unavailable}
		err := s.platform.Catalog.Available(name)
		engine.Available = err == nil
		switch {
		case err != nil && engine.Reason == "":
			engine.Reason = "This platform was set up without it"
		case err != nil && !viewer.All:
			engine.Reason = "Its administrators have not set it up"
		}
		engines = append(engines, engine)
	}
	return engines
}

// Create makes a store, or returns the one that is there already with the same wishes; created tells which. It does not wait
// for the store to be Ready.
func (s *Service) Create(ctx context.Context, viewer Viewer, request Request) (store *v1alpha1.Store, created bool, err error) {
	if err := request.Validate(); err != nil {
		return nil, false, err
	}
	if _, err := s.platform.Catalog.Pick(request.Engine, request.Version); err != nil {
		return s.unavailable(ctx, viewer, request, err)
	}
	for range attempts {
		store := request.store()
		if err = s.objects.Create(ctx, store); err == nil {
			return store, true, nil
		}
		if !apierrors.IsAlreadyExists(err) {
			return nil, false, translate(fmt.Errorf("create store %s: %w", request.Name, err))
		}
		existing, err := s.Get(ctx, Viewer{All: true}, request.Name)
		if IsKind(err, NotFound) {
			continue // It went between the two requests, so that the name is free now.
		}
		if err != nil {
			return nil, false, err
		}
		if err := same(existing, request); err != nil {
			return nil, false, err
		}
		return existing, false, nil
	}
	return nil, false, &Error{Kind: Unavailable, Message: fmt.Sprintf("Store %s keeps coming and going; try again in a moment", request.Name), Err: err}
}

// unavailable returns the store if it is there already: asking again changes nothing, even when the platform has lost its engine
// or has another version since. Else it says why there can be none.
func (s *Service) unavailable(ctx context.Context, viewer Viewer, request Request, why error) (store *v1alpha1.Store, created bool, err error) {
	existing, err := s.Get(ctx, Viewer{All: true}, request.Name)
	if IsKind(err, NotFound) {
		if !viewer.All && s.platform.Catalog.Available(request.Engine) != nil {
			why = fmt.Errorf("engine %s is not available on this platform; its administrators have not set it up", request.Engine)
		}
		return nil, false, &Error{Kind: EngineUnavailable, Message: sentence(why)}
	}
	if err != nil {
		return nil, false, err
	}
	if err := same(existing, request); err != nil {
		return nil, false, err
	}
	return existing, false, nil
}

// same returns an error if the store is not what the request asks for. Of somebody else's store it tells nothing but that it is.
func same(existing *v1alpha1.Store, request Request) error {
	if existing.Spec.Owner != request.Owner {
		return &Error{Kind: Conflict, Message: "This name is taken; choose another"}
	}
	if !existing.DeletionTimestamp.IsZero() {
		return &Error{Kind: Deleting, Message: fmt.Sprintf("Store %s is still being deleted; try again when it is gone", existing.Name)}
	}
	if different := request.differences(existing.Spec); len(different) > 0 {
		return &Error{Kind: Conflict, Message: fmt.Sprintf("Store %s exists already with another %s", existing.Name, strings.Join(different, ", "))}
	}
	return nil
}

// Get returns the store. One that the viewer does not see is told from none by nothing.
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
		return nil, translate(fmt.Errorf("get store %s: %w", name, err))
	}
	if !viewer.sees(&store) {
		return nil, notFound(name)
	}
	return &store, nil
}

// Delete begins to delete the store and returns it in that state. It does not wait for the end, and does nothing to a store
// that is being deleted.
func (s *Service) Delete(ctx context.Context, viewer Viewer, name string) (*v1alpha1.Store, error) {
	store, err := s.Get(ctx, viewer, name)
	if err != nil || !store.DeletionTimestamp.IsZero() {
		return store, err
	}
	err = s.objects.Delete(ctx, store, client.Preconditions{UID: &store.UID})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) { // A conflict: another one of that name was made meanwhile.
		return nil, notFound(name)
	}
	if err != nil {
		return nil, translate(fmt.Errorf("delete store %s: %w", name, err))
	}
	deleting, err := s.Get(ctx, viewer, name)
	if IsKind(err, NotFound) || (err == nil && deleting.UID != store.UID) {
		now := metav1.Now() // Gone already: a store that the controller has not touched yet has nothing to wait for.
		store.DeletionTimestamp = &now
		return store, nil
	}
	return deleting, err
}

// Credentials are what a person needs to sign in to a store's own administration.
type Credentials struct {
	URL, AdminURL, Email, Password, PublishableKey string
}

// Credentials reads the credentials of the store from its own namespace.
func (s *Service) Credentials(ctx context.Context, viewer Viewer, name string) (*Credentials, error) {
	store, err := s.Get(ctx, viewer, name)
	if err != nil {
		return nil, err
	}
	if !store.DeletionTimestamp.IsZero() {
		return nil, &Error{Kind: Deleting, Message: fmt.Sprintf("Store %s is being deleted", name)}
	}
	notReady := &Error{Kind: NotReady, Message: fmt.Sprintf("The credentials of store %s are not made yet; try again in a moment", name)}
	if store.Status.Namespace == "" || store.Status.AdminURL == "" {
		return nil, notReady
	}
	var secret corev1.Secret
	err = s.objects.Get(ctx, client.ObjectKey{Namespace: store.Status.Namespace, Name: v1alpha1.CredentialsSecret}, &secret)
	if apierrors.IsNotFound(err) {
		return nil, notReady
	}
	if err != nil {
		return nil, translate(fmt.Errorf("read the credentials of store %s: %w", name, err))
	}
	return &Credentials{
		URL:            store.Status.URL,
		AdminURL:       store.Status.AdminURL,
		Email:          string(secret.Data[v1alpha1.KeyAdminEmail]),
		Password:       string(secret.Data[v1alpha1.KeyAdminPassword]),
		PublishableKey: string(secret.Data[v1alpha1.KeyPublishableKey]),
	}, nil
}
