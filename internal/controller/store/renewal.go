package store

import (
	"context"
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/shopper"
)

// renew has a shop with customers checked whose receipt is for another release: for one that is gone, or for another address. A proof would
// be wrong there. What its owner has decided does not keep the store from being Ready.
func (r *Reconciler) renew(ctx context.Context, s *scope) (outcome, error) {
	visit := target{store: s.store.Name, uid: s.store.UID, digest: s.digest, revision: s.observed.Revision, installed: s.observed.FirstDeployed.UnixNano()}
	state := r.checker.state(visit)
	cannot, impossible := errors.AsType[*shopper.CannotCheckError](state.err)
	switch {
	case state.result != nil:
		s.after.check = checkOf(*state.result, s)
	case impossible:
		s.after.check = &v1alpha1.Check{Digest: s.digest, Revision: s.observed.Revision, At: metav1.NewMicroTime(s.now), Impossible: sentence(cannot.Err)}
	case state.running:
		return renewing(state), nil
	default:
		if wait := state.next.Sub(r.Clock.Now()); state.failures > 0 && wait > 0 && !retryRequestedAfter(s.store, state.failedAt) {
			return renewing(state).requeue(wait), nil
		}
		return renewing(state), r.startVisit(ctx, s, visit)
	}
	s.receipt.Digest, s.receipt.SoldAt = s.software, s.after.check.At
	return sold(s.receipt), nil
}

// renewing is the outcome while a check runs: what the last one said, if it failed.
func renewing(state visitState[shopper.Checked]) outcome {
	if state.failures > 0 {
		return saleFailed(state.err, state.failures)
	}
	return waiting(v1alpha1.ReasonSelling, "The shop is checked")
}
