package store

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
)

const (
	// rotation is how long a machine's token is the newest one. Shops take the one before it as well, since a new one reaches their pods
	// only after a minute or so.
	rotation = 24 * time.Hour
	// annotationRotated is when the newest token was made, in RFC 3339.
	annotationRotated = "shopflow.dev/rotated-at"
)

// reconcileMachine creates the Secret by which a shop knows the platform, and rotates its token.
func (r *Reconciler) reconcileMachine(ctx context.Context, s *scope) error {
	if !s.recipe.KnowsMachine() {
		return nil
	}
	key := types.NamespacedName{Namespace: s.namespace(), Name: v1alpha1.MachineSecret}
	seen := secretMetadata()
	err := r.Client.Get(ctx, key, seen)
	if err == nil && s.now.Sub(rotatedAt(seen)) < rotation {
		return nil
	}
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("read the machine's token: %w", err)
	}
	secret := &corev1.Secret{}
	err = r.Live.Get(ctx, key, secret)
	there := err == nil
	switch {
	case client.IgnoreNotFound(err) != nil:
		return fmt.Errorf("read the machine's token: %w", err)
	case there && s.now.Sub(rotatedAt(secret)) < rotation:
		return nil
	}
	fresh := map[string]string{v1alpha1.KeyPreviousToken: string(secret.Data[v1alpha1.KeyToken])}
	if err := engine.AddSecrets(r.Random, fresh, engine.SecretLength, v1alpha1.KeyToken); err != nil {
		return fmt.Errorf("make the machine's token: %w", err)
	}
	secret.Name, secret.Namespace, secret.Labels, secret.Type = key.Name, key.Namespace, s.tenant.Labels(), corev1.SecretTypeOpaque
	metav1.SetMetaDataAnnotation(&secret.ObjectMeta, annotationRotated, s.now.UTC().Format(time.RFC3339))
	secret.StringData = fresh
	if there {
		// The resource version in it keeps two controllers from rotating one after the other: pods would know neither token.
		err = r.Client.Update(ctx, secret, fieldOwner)
	} else {
		err = r.Client.Create(ctx, secret, fieldOwner)
	}
	if err != nil && !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("write the machine's token: %w", err)
	}
	return nil
}

// rotatedAt returns when a machine's token was made, the zero time if that is not known.
func rotatedAt(secret metav1.Object) time.Time {
	at, err := time.Parse(time.RFC3339, secret.GetAnnotations()[annotationRotated])
	if err != nil {
		return time.Time{}
	}
	return at
}
