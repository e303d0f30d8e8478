package store

import (
	"context"
	"errors"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/shopper"
)

// renew has a shop with customers checked whose receipt is for another release: for one that is gone, or for another address. A proof would
// be wrong there. What its owner has decided does not keep the store from being Ready.
func (r *Reconciler) renew(ctx context.Context, s *scope) (outcome, error) {
	visit := s.visitFor(s.digest)
	state := r.checker.state(visit)
	cannot, impossible := errors.AsType[*shopper.CannotCheckError](state.err)
	switch {
	case state.result != nil:
		s.after.check = checkOf(*state.result, s)
	case impossible && !s.mustKnow(cannot):
		s.after.check = impossibleCheck(s, sentence(cannot.Err))
	default:
		if state.failures >= s.failedChecks() {
			s.after.failed = sentence(state.err)
		}
		if pause := state.pause(s.store, r.Clock.Now()); state.running || pause > 0 {
			return renewing(state).requeue(pause), nil
		}
		return renewing(state), r.startVisit(ctx, s, visit)
	}
	s.receipt.Digest, s.receipt.SoldAt = s.software, s.after.check.At
	return sold(s.receipt), nil
}

// mustKnow reports whether what makes a check impossible is no decision of the owner but a fault of the refresh that is under way: the shop
// does not know the platform, although what it was given does.
func (s *scope) mustKnow(cannot *shopper.CannotCheckError) bool {
	return s.refresh.applies && s.refresh.stage == refreshRuns && cannot.Stranger
}

// renewing is the outcome while a check runs: what the last one said, if it failed.
func renewing(state visitState[shopper.Checked]) outcome {
	if state.failures > 0 {
		return saleFailed(state.err, state.failures)
	}
	return waiting(v1alpha1.ReasonSelling, "The shop is checked")
}
