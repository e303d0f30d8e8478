package store

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/tenant"
)

// growth is a claim that requests less than a plan gives it.
type growth struct {
	claim *corev1.PersistentVolumeClaim
	to    resource.Quantity
}

// The names of the claims that a store's release has: that of its uploads, and how that of its database ends, by the name of its set.
const (
	uploadsClaim  = "uploads"
	databaseClaim = "-" + engine.Database + "-0"
)

// storageOf returns how much storage a size gives a claim, empty if it is none of the release's.
func storageOf(claim string, size engine.Size) string {
	switch {
	case claim == uploadsClaim:
		return size.UploadsStorage
	case strings.HasSuffix(claim, databaseClaim):
		return size.DatabaseStorage
	default:
		return ""
	}
}

// growths returns the claims of a store that are smaller than a size.
func growths(claims []corev1.PersistentVolumeClaim, size engine.Size) []growth {
	var found []growth
	for i := range claims {
		claim := &claims[i]
		to, err := resource.ParseQuantity(storageOf(claim.Name, size))
		if request := claim.Spec.Resources.Requests[corev1.ResourceStorage]; err == nil && claim.DeletionTimestamp == nil && request.Cmp(to) < 0 {
			found = append(found, growth{claim, to})
		}
	}
	return found
}

// grown returns what a store runs with its volumes as large as their claims request.
func (r *Reconciler) grown(ctx context.Context, s *scope, running engine.Running) (*engine.Running, error) {
	var claims corev1.PersistentVolumeClaimList
	if err := r.Client.List(ctx, &claims, client.InNamespace(namespaceOf(s.store))); err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	var database, uploads string
	for i := range claims.Items {
		claim := &claims.Items[i]
		request := claim.Spec.Resources.Requests[corev1.ResourceStorage]
		switch {
		case claim.DeletionTimestamp != nil:
		case strings.HasSuffix(claim.Name, databaseClaim):
			database = request.String()
		case claim.Name == uploadsClaim:
			uploads = request.String()
		}
	}
	running = running.Grown(database, uploads)
	return &running, nil
}

func (r *Reconciler) growthsOf(ctx context.Context, namespace string, size engine.Size) ([]growth, error) {
	var claims corev1.PersistentVolumeClaimList
	if err := r.Live.List(ctx, &claims, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	return growths(claims.Items, size), nil
}

// checkGrowth returns an error if a volume of the store cannot become as large as a size asks for.
func (r *Reconciler) checkGrowth(ctx context.Context, namespace string, size engine.Size) error {
	found, err := r.growthsOf(ctx, namespace, size)
	if err != nil {
		return err
	}
	for _, growth := range found {
		name := growth.claim.Name
		if growth.claim.Status.Phase != corev1.ClaimBound {
			return &refusal{fmt.Errorf("volume claim %s has no volume yet, which could grow to %s", name, &growth.to)}
		}
		var class storagev1.StorageClass
		key := types.NamespacedName{Name: ptr.Deref(growth.claim.Spec.StorageClassName, "")}
		if key.Name == "" {
			return &refusal{fmt.Errorf("the volume of claim %s cannot grow to %s: it has no storage class", name, &growth.to)}
		}
		if err := r.Live.Get(ctx, key, &class); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("read storage class %s: %w", key.Name, err)
		}
		if !ptr.Deref(class.AllowVolumeExpansion, false) {
			return &refusal{fmt.Errorf("the volume of claim %s cannot grow to %s: storage class %q does not allow it", name, &growth.to, key.Name)}
		}
	}
	return nil
}

// growVolumes lets the volumes grow to the recipe's sizes, before the release asks for them, and reports whether it can be applied: the
// template of a StatefulSet's claims cannot be changed, so the database's set goes first, without its pod. The release brings the next one,
// which takes the pod over.
func (r *Reconciler) growVolumes(ctx context.Context, s *scope) (done bool, err error) {
	found, err := r.growthsOf(ctx, s.namespace(), s.recipe.Size)
	if err != nil {
		return false, err
	}
	if len(found) > 0 {
		if counted, err := r.storageCounted(ctx, s.namespace()); err != nil || !counted {
			return false, err
		}
	}
	for _, growth := range found {
		patch := fmt.Appendf(nil, `{"spec":{"resources":{"requests":{"storage":%q}}}}`, growth.to.String())
		if err := r.Client.Patch(ctx, growth.claim, client.RawPatch(types.MergePatchType, patch)); err != nil {
			return false, fmt.Errorf("let claim %s grow: %w", growth.claim.Name, err)
		}
		r.Events.Eventf(s.store, nil, corev1.EventTypeNormal, "VolumeGrows", "Grow", "Claim %s requests %s", growth.claim.Name, &growth.to)
	}
	return r.replaceSet(ctx, s)
}

// replaceSet deletes the database's StatefulSet without its pod where its claims are to be larger, and reports whether none is in the way.
func (r *Reconciler) replaceSet(ctx context.Context, s *scope) (done bool, err error) {
	var set appsv1.StatefulSet
	err = r.Live.Get(ctx, types.NamespacedName{Namespace: s.namespace(), Name: engine.Database}, &set)
	if err != nil || len(set.Spec.VolumeClaimTemplates) == 0 {
		return client.IgnoreNotFound(err) == nil, client.IgnoreNotFound(err)
	}
	if set.DeletionTimestamp != nil {
		return false, nil
	}
	wanted, err := resource.ParseQuantity(s.recipe.Size.DatabaseStorage)
	if request := set.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests[corev1.ResourceStorage]; err != nil || request.Cmp(wanted) >= 0 {
		return true, nil //nolint:nilerr // an engine whose database has no volume
	}
	err = r.Client.Delete(ctx, &set, client.PropagationPolicy(metav1.DeletePropagationOrphan), client.Preconditions{UID: &set.UID})
	if client.IgnoreNotFound(err) != nil {
		return false, fmt.Errorf("replace the database's set: %w", err)
	}
	return false, nil
}

// storageCounted reports whether the cluster has counted how much storage the store's quota allows. Until then it refuses more.
func (r *Reconciler) storageCounted(ctx context.Context, namespace string) (bool, error) {
	var quota corev1.ResourceQuota
	if err := r.Live.Get(ctx, types.NamespacedName{Namespace: namespace, Name: tenant.QuotaName}, &quota); err != nil {
		return false, fmt.Errorf("read quota: %w", err)
	}
	allowed, counted := quota.Spec.Hard[corev1.ResourceRequestsStorage], quota.Status.Hard[corev1.ResourceRequestsStorage]
	return counted.Cmp(allowed) >= 0, nil
}

// noteGrowth says which volume of the store is still smaller than its claim requests.
func (r *Reconciler) noteGrowth(ctx context.Context, s *scope) error {
	var claims corev1.PersistentVolumeClaimList
	if err := r.Client.List(ctx, &claims, client.InNamespace(s.namespace())); err != nil {
		return fmt.Errorf("list claims: %w", err)
	}
	for i := range claims.Items {
		if claim := &claims.Items[i]; storageOf(claim.Name, s.recipe.Size) != "" && growing(claim) != "" {
			s.after.changing = growing(claim)
		}
	}
	return nil
}

// growing says how far the volume of a claim is from what the claim requests, and what hinders it; empty if it is as large.
func growing(claim *corev1.PersistentVolumeClaim) string {
	now, wanted := claim.Status.Capacity[corev1.ResourceStorage], claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if claim.Status.Phase != corev1.ClaimBound || now.Cmp(wanted) >= 0 {
		return ""
	}
	text := fmt.Sprintf("The volume of claim %s grows from %s to %s", claim.Name, &now, &wanted)
	for _, condition := range claim.Status.Conditions {
		switch condition.Type {
		case corev1.PersistentVolumeClaimControllerResizeError, corev1.PersistentVolumeClaimNodeResizeError:
			return text + "; the last attempt failed: " + condition.Message
		}
	}
	return text
}
