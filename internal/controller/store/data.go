package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
)

// checkData looks for the volume claims that hold the store's data, before anything is made or started: a shop that has sold must
// not begin again with an empty database and be called Ready.
func (r *Reconciler) checkData(ctx context.Context, s *scope) error {
	var lost []string
	for _, name := range slices.Sorted(maps.Keys(s.store.Status.Claims)) {
		there, err := r.hasClaim(ctx, types.NamespacedName{Namespace: namespaceOf(s.store), Name: name}, s.store.Status.Claims[name])
		if err != nil {
			return err
		}
		if !there {
			lost = append(lost, name)
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
	}
	return nil
}

// hasClaim reports whether a claim is there with its volume. The cache may not contain it yet, so the API server decides what is gone.
func (r *Reconciler) hasClaim(ctx context.Context, key types.NamespacedName, uid types.UID) (bool, error) {
	for _, reader := range []client.Reader{r.Client, r.Live} {
		var claim corev1.PersistentVolumeClaim
		err := reader.Get(ctx, key, &claim)
		if err != nil && !apierrors.IsNotFound(err) {
			return false, fmt.Errorf("read claim %s: %w", key.Name, err)
		}
		if err == nil && claim.UID == uid && claim.Status.Phase != corev1.ClaimLost {
			return true, nil
		}
	}
	return false, nil
}

// holdsOrders reports whether a claim is that of the database.
func holdsOrders(claim string) bool { return strings.Contains(claim, engine.Database) }

// startsEmpty reports whether a person has accepted a loss since it was noticed.
func startsEmpty(store *v1alpha1.Store, since time.Time) bool {
	accepted, err := time.Parse(time.RFC3339Nano, store.Annotations[v1alpha1.AnnotationStartEmptyAt])
	return err == nil && !accepted.Before(since)
}

// dataLost is the outcome of the first phase of a store whose data is gone.
func dataLost(loss *v1alpha1.DataLoss) outcome {
	text := "Volume claim %s is gone, with the data of this store"
	if len(loss.Claims) > 1 {
		text = "Volume claims %s are gone, with the data of this store"
	}
	return needsAction(v1alpha1.ReasonDataLost, fmt.Sprintf(text, strings.Join(loss.Claims, ", ")))
}

// claimsOf returns the UIDs of a namespace's claims by name. It is for stores whose components are ready, and so have their volumes.
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
