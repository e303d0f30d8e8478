package store

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// reconcileCredentials creates the store's Secrets. The one with the credentials is created once. It is never updated: neither by a later pass nor by another process, because
// the Secret is immutable.
func (r *Reconciler) reconcileCredentials(ctx context.Context, s *scope) (outcome, error) {
	if err := r.reconcileMachine(ctx, s); err != nil {
		return outcome{}, err
	}
	created := done("Credentials are in Secret " + v1alpha1.CredentialsSecret)
	key := types.NamespacedName{Namespace: s.namespace(), Name: v1alpha1.CredentialsSecret}
	for _, reader := range []client.Reader{r.Client, r.Live} {
		// Reading only metadata keeps secrets out of the cache.
		secret := secretMetadata()
		err := reader.Get(ctx, key, secret)
		if err == nil {
			return created, nil
		}
		if !apierrors.IsNotFound(err) {
			return outcome{}, fmt.Errorf("read credentials: %w", err)
		}
	}
	credentials, err := s.recipe.Engine.Credentials(r.Random, s.recipe.AdminEmail)
	if err != nil {
		return outcome{}, fmt.Errorf("generate credentials: %w", err)
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name: key.Name, Namespace: key.Namespace, Labels: s.tenant.Labels(),
		},
		Type:       corev1.SecretTypeOpaque,
		Immutable:  new(true),
		StringData: credentials,
	}
	if err := r.Client.Create(ctx, secret, fieldOwner); err != nil && !apierrors.IsAlreadyExists(err) {
		return outcome{}, fmt.Errorf("create credentials: %w", err)
	}
	return created, nil
}
