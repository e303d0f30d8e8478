package store

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/helmrelease"
	"shopflow.dev/shopflow/internal/tenant"
)

// outcome is what a phase found out in one pass.
type outcome struct {
	status          metav1.ConditionStatus
	reason, message string
	// stalled means that waiting alone will not help, as far as anybody can tell.
	stalled bool
	// after is when to look again even if nothing wakes the controller; zero means not at all.
	after time.Duration
	// cause is what a diagnosis says beyond reason and message, nil if there was none.
	cause *diagnose.Cause
}

// done is the outcome of a phase that has nothing left to do.
func done(message string) outcome {
	return outcome{status: metav1.ConditionTrue, reason: v1alpha1.ReasonSucceeded, message: message}
}

// waiting is the outcome of a phase that will go on when something else has happened.
func waiting(reason, message string) outcome {
	return outcome{status: metav1.ConditionFalse, reason: reason, message: message}
}

// because is the outcome of a phase that a diagnosis has explained.
func because(cause diagnose.Cause) outcome {
	return outcome{status: metav1.ConditionFalse, reason: cause.Reason, message: cause.Text(), stalled: cause.Sure, cause: &cause}
}

// failed is the outcome of a phase that cannot go on by itself. It is tried again all the same.
func failed(reason, message string) outcome {
	return outcome{status: metav1.ConditionFalse, reason: reason, message: message, stalled: true}
}

func (o outcome) done() bool { return o.status == metav1.ConditionTrue }

func (o outcome) again(after time.Duration) outcome {
	o.after = after
	return o
}

// span is when a phase was begun and when it was done, in one pass.
type span struct{ started, ended time.Time }

// scope is what the phases of one pass share. The store in it is as it was read: only status.go makes a new status.
type scope struct {
	store  *v1alpha1.Store
	tenant tenant.Tenant
	recipe engine.Recipe
	// digest is that of the release as it should be.
	digest string

	// outcomes and spans are filled by the pass, one for each phase that was reached.
	outcomes map[string]outcome
	spans    map[string]span

	// observed and release are set by the release phase.
	observed helmrelease.Observed
	release  *v1alpha1.Release
	// sellable is set by the workloads phase: what a sale needs is ready.
	sellable bool
	// receipt is set by the sale phase; nil means that there is none for this release.
	receipt *v1alpha1.Receipt
}

func newScope(store *v1alpha1.Store) *scope {
	return &scope{
		store:    store,
		outcomes: map[string]outcome{},
		spans:    map[string]span{},
		release:  store.Status.Release.DeepCopy(),
		receipt:  store.Status.Receipt.DeepCopy(),
	}
}

// falseSince returns when a phase last stopped being done, or now if the status does not say so yet.
func (s *scope) falseSince(phase string, now time.Time) time.Time {
	condition := meta.FindStatusCondition(s.store.Status.Conditions, phase)
	if condition == nil || condition.Status != metav1.ConditionFalse {
		return now
	}
	return condition.LastTransitionTime.Time
}

// namespace returns where everything of the store lives.
func (s *scope) namespace() string { return s.tenant.Namespace }

// namespaceOf returns the namespace of a store, whether it was written down or not.
func namespaceOf(store *v1alpha1.Store) string {
	if store.Status.Namespace != "" {
		return store.Status.Namespace
	}
	return tenant.NamespaceName(store.UID)
}

// soonest returns when the pass must be repeated; zero means that watches are enough.
func (s *scope) soonest() time.Duration {
	var soonest time.Duration
	for _, outcome := range s.outcomes {
		if outcome.after > 0 && (soonest == 0 || outcome.after < soonest) {
			soonest = outcome.after
		}
	}
	return soonest
}
