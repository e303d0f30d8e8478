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
	"shopflow.dev/shopflow/internal/engine"
)

// reconcileCredentials makes the store's secrets, once. They are never written again: not by a later pass, not by
// another process, and, as the Secret is immutable, by nobody else either.
func (r *Reconciler) reconcileCredentials(ctx context.Context, s *scope) (outcome, error) {
	made := done("Credentials are in Secret " + v1alpha1.CredentialsSecret)
	key := types.NamespacedName{Namespace: s.namespace(), Name: v1alpha1.CredentialsSecret}
	for _, reader := range []client.Reader{r.Client, r.Live} {
		// Only metadata is asked for, so that no secret is ever in the cache.
		secret := &metav1.PartialObjectMetadata{}
		secret.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
		err := reader.Get(ctx, key, secret)
		if err == nil {
			return made, nil
		}
		if !apierrors.IsNotFound(err) {
			return outcome{}, fmt.Errorf("read credentials: %w", err)
		}
	}
	credentials, err := engine.Credentials(r.Random, s.recipe.Engine, s.recipe.AdminEmail)
	if err != nil {
		return outcome{}, fmt.Errorf("make credentials: %w", err)
	}
	immutable := true
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name: key.Name, Namespace: key.Namespace, Labels: s.tenant.Labels(),
		},
		Type:       corev1.SecretTypeOpaque,
		Immutable:  &immutable,
		StringData: credentials,
	}
	if err := r.Client.Create(ctx, secret, fieldOwner); err != nil && !apierrors.IsAlreadyExists(err) {
		return outcome{}, fmt.Errorf("create credentials: %w", err)
	}
	return made, nil
}
