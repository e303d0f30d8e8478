package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
)

// checkData looks for the data of a store that has sold, before anything is made or started: it must not begin again with an empty
// database and be called Ready. Volumes whose claims are gone are bound again; what has no volume either is lost.
func (r *Reconciler) checkData(ctx context.Context, s *scope) error {
	var lost []string
	for _, name := range slices.Sorted(maps.Keys(s.store.Status.Claims)) {
		key := types.NamespacedName{Namespace: namespaceOf(s.store), Name: name}
		there, free, err := r.findClaim(ctx, key, s.store.Status.Claims[name])
		if err != nil {
			return err
		}
		if there {
			continue
		}
		volume, err := r.keptVolume(ctx, key, s.store.Status.Claims[name])
		if err != nil {
			return err
		}
		switch {
		case volume == nil:
			lost = append(lost, name)
		case free:
			s.keep(name, volume)
		default:
			lost, s.apart = append(lost, name), append(s.apart, volume.Name)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	since := metav1.NewTime(s.now)
	if before := s.store.Status.DataLoss; before != nil {
		since = before.Since
	}
	s.loss = &v1alpha1.DataLoss{Since: since, Claims: lost}
	if startsEmpty(s.store, since.Time) {
		s.accepted, s.loss = s.loss, nil
		if slices.ContainsFunc(lost, holdsOrders) {
			s.receipt = nil
		}
		return nil
	}
	s.unclosed = r.closeShop(ctx, namespaceOf(s.store))
	return nil
}

// findClaim reports whether a claim is there with its data, and if not, whether the data could be bound to its name. The cache may not
// contain it yet, so the API server decides what is gone.
func (r *Reconciler) findClaim(ctx context.Context, key types.NamespacedName, uid types.UID) (there, free bool, err error) {
	for _, reader := range []client.Reader{r.Client, r.Live} {
		var claim corev1.PersistentVolumeClaim
		err := reader.Get(ctx, key, &claim)
		if apierrors.IsNotFound(err) {
			free = true
			continue
		}
		if err != nil {
			return false, false, fmt.Errorf("read claim %s: %w", key.Name, err)
		}
		if there, err = r.hasData(ctx, &claim, uid); err != nil || there {
			return there, false, err
		}
		free = claim.Spec.VolumeName == ""
	}
	return false, free, nil
}

// hasData reports whether a claim has the data of the claim that had the UID: it is that claim, or it is bound to its volume.
func (r *Reconciler) hasData(ctx context.Context, claim *corev1.PersistentVolumeClaim, uid types.UID) (bool, error) {
	if claim.Status.Phase == corev1.ClaimLost {
		return false, nil
	}
	if claim.UID == uid || claim.Spec.VolumeName == "" {
		return claim.UID == uid, nil
	}
	var volume corev1.PersistentVolume
	if err := r.Client.Get(ctx, types.NamespacedName{Name: claim.Spec.VolumeName}, &volume); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	return volume.Annotations[annotationClaim] == string(uid), nil
}

// closeShop stops everything that runs in a store whose data is lost: orders that an empty shop took would be lost again. The release
// phase starts it again.
func (r *Reconciler) closeShop(ctx context.Context, namespace string) error {
	var deployments appsv1.DeploymentList
	var sets appsv1.StatefulSetList
	for _, list := range []client.ObjectList{&deployments, &sets} {
		if err := r.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return fmt.Errorf("list workloads: %w", err)
		}
	}
	stop := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"replicas":0}}`))
	var failed []error
	for i := range deployments.Items {
		if replicas(deployments.Items[i].Spec.Replicas) > 0 {
			failed = append(failed, client.IgnoreNotFound(r.Client.Patch(ctx, &deployments.Items[i], stop)))
		}
	}
	for i := range sets.Items {
		if replicas(sets.Items[i].Spec.Replicas) > 0 {
			failed = append(failed, client.IgnoreNotFound(r.Client.Patch(ctx, &sets.Items[i], stop)))
		}
	}
	return errors.Join(failed...)
}

// holdsOrders reports whether a claim is that of the database.
func holdsOrders(claim string) bool { return strings.Contains(claim, engine.Database) }

// startsEmpty reports whether a person has accepted a loss since it was noticed.
func startsEmpty(store *v1alpha1.Store, since time.Time) bool {
	accepted, err := time.Parse(time.RFC3339Nano, store.Annotations[v1alpha1.AnnotationStartEmptyAt])
	return err == nil && !accepted.Before(since)
}

// dataLost is the outcome of the first phase of a store whose data is gone. apart are volumes that still have some of it, although other
// claims have taken the place of theirs.
func dataLost(loss *v1alpha1.DataLoss, apart []string) outcome {
	text := "Volume claim %s is gone, with the data of this store"
	if len(loss.Claims) > 1 {
		text = "Volume claims %s are gone, with the data of this store"
	}
	text = fmt.Sprintf(text, strings.Join(loss.Claims, ", "))
	if len(apart) > 0 {
		text += "; what they held is still in " + strings.Join(apart, ", ") + ", but new claims have taken their names"
	}
	return needsAction(v1alpha1.ReasonDataLost, text)
}

// claimsOf returns the UIDs of a namespace's claims by name, and keeps their volumes. It is for stores whose components are ready, and so have
// their volumes.
func (r *Reconciler) claimsOf(ctx context.Context, namespace string) (map[string]types.UID, error) {
	var claims corev1.PersistentVolumeClaimList
	if err := r.Client.List(ctx, &claims, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	found := map[string]types.UID{}
	for i := range claims.Items {
		if claim := &claims.Items[i]; claim.DeletionTimestamp == nil {
			found[claim.Name] = claim.UID
		}
	}
	if err := r.keepVolumes(ctx, claims.Items); err != nil {
		// A cluster that lets no one change volumes still has stores that sell.
		ctrl.LoggerFrom(ctx).Error(err, "volumes would go with their claims")
	}
	return found, nil
}

// rememberData sets the loss, and the claims of a store that has sold. What is known of a claim stays, until its loss is accepted.
func rememberData(status *v1alpha1.StoreStatus, s *scope) {
	status.DataLoss = s.loss
	if s.accepted != nil {
		for _, name := range s.accepted.Claims {
			delete(status.Claims, name)
		}
		if slices.ContainsFunc(s.accepted.Claims, holdsOrders) {
			status.Timeline = nil // It is a new shop.
		}
	}
	if s.loss != nil || s.receipt == nil {
		return
	}
	for name, uid := range s.claims {
		if status.Claims[name] == "" {
			if status.Claims == nil {
				status.Claims = map[string]types.UID{}
			}
			status.Claims[name] = uid
		}
	}
}
