package stores

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// NameStatus says whether a name can be had.
type NameStatus string

// The answers to whether a name can be had.
const (
	NameFree     NameStatus = "free"
	NameTaken    NameStatus = "taken"
	NameReserved NameStatus = "reserved"
	NameInvalid  NameStatus = "invalid"
)

// NameCheck is whether a store could have a name.
type NameCheck struct {
	Status NameStatus
	// Reason says why it cannot be had.
	Reason string
	// URL is the address that the store would have.
	URL string
}

// CheckName says whether a store could have the name. Nothing is reserved by it. Of whose store a taken name is, it says nothing.
func (s *Service) CheckName(ctx context.Context, name string) (NameCheck, error) {
	switch reason := validateName(name); {
	case slices.Contains(reserved(), name):
		return NameCheck{Status: NameReserved, Reason: reason}, nil
	case reason != "":
		return NameCheck{Status: NameInvalid, Reason: reason}, nil
	}
	check := NameCheck{Status: NameFree, URL: s.platform.StoreURL(name)}
	var store v1alpha1.Store
	err := s.objects.Get(ctx, client.ObjectKey{Name: name}, &store)
	switch {
	case apierrors.IsNotFound(err):
		return check, nil
	case err != nil:
		return NameCheck{}, translate(fmt.Errorf("check name %s: %w", name, err))
	}
	check.Status, check.Reason = NameTaken, "This name is taken; choose another"
	return check, nil
}

// Retry makes the controller look at the store at once, and repeat what failed instead of waiting.
func (s *Service) Retry(ctx context.Context, viewer Viewer, name string) (*v1alpha1.Store, error) {
	store, err := s.Get(ctx, viewer, name)
	if err != nil {
		return nil, err
	}
	if !store.DeletionTimestamp.IsZero() {
		return nil, &Error{Kind: Deleting, Message: fmt.Sprintf("Store %s is being deleted", name)}
	}
	patch := fmt.Appendf(nil, `{"metadata":{"uid":%q,"annotations":{%q:%q}}}`, store.UID, v1alpha1.AnnotationRetryAt, s.platform.Clock.Now().UTC().Format(time.RFC3339Nano))
	err = s.objects.Patch(ctx, store, client.RawPatch(types.MergePatchType, patch))
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil, notFound(name) // It went between the two requests; another one may have its name.
	}
	if err != nil {
		return nil, translate(fmt.Errorf("retry store %s: %w", name, err))
	}
	return store, nil
}
