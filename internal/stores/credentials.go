package stores

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/problem"
)

// Credentials are what a person needs to sign in to a store's own administration.
type Credentials struct {
	URL, AdminURL, Email, Password, PublishableKey string
	// Keys are what else the engine shows.
	Keys []Key
}

// Key is a credential that only one engine has.
type Key struct{ Name, Title, Value string }

// Credentials reads the credentials of the store from its own namespace.
func (s *Service) Credentials(ctx context.Context, viewer Viewer, name string) (*Credentials, error) {
	store, err := s.Get(ctx, viewer, name)
	if err != nil {
		return nil, err
	}
	if !store.DeletionTimestamp.IsZero() {
		return nil, problem.Errorf(problem.StoreDeleting, "Store %s is being deleted", name)
	}
	notReady := problem.Errorf(problem.CredentialsNotReady, "Store %s has no credentials yet; try again in a moment", name)
	if store.Status.Namespace == "" || store.Status.AdminURL == "" {
		return nil, notReady
	}
	var secret corev1.Secret
	err = s.objects.Get(ctx, client.ObjectKey{Namespace: store.Status.Namespace, Name: v1alpha1.CredentialsSecret}, &secret)
	if apierrors.IsNotFound(err) {
		return nil, notReady
	}
	if err != nil {
		return nil, FromKubernetes(fmt.Errorf("read the credentials of store %s: %w", name, err))
	}
	credentials := &Credentials{
		URL:            store.Status.URL,
		AdminURL:       store.Status.AdminURL,
		Email:          string(secret.Data[v1alpha1.KeyAdminEmail]),
		Password:       string(secret.Data[v1alpha1.KeyAdminPassword]),
		PublishableKey: string(secret.Data[v1alpha1.KeyPublishableKey]),
	}
	for _, info := range s.platform.Engines {
		if info.Name != store.Spec.Engine {
			continue
		}
		for _, key := range info.Keys {
			credentials.Keys = append(credentials.Keys, Key{Name: key.Name, Title: key.Title, Value: string(secret.Data[key.Name])})
		}
	}
	return credentials, nil
}
