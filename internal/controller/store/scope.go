package store

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/helmrelease"
	"shopflow.dev/shopflow/internal/tenant"
)

// span is when a phase started and when it was complete, in one pass.
type span struct{ started, ended time.Time }

// scope is what the phases of one pass share. The store in it is as it was read: only status.go computes a new status.
type scope struct {
	store *v1alpha1.Store
	// now is when the pass began.
	now    time.Time
	tenant tenant.Tenant
	recipe engine.Recipe
	// live tells that people may have bought in the store.
	live bool
	// offered tells that the catalog has the store's version.
	offered bool
	// chart is that of the release, and digest that of the release as it should be. software is what a receipt has to be for.
	chart            *helmrelease.Chart
	digest, software string

	// outcomes and spans have an entry for each phase that the pass reached.
	outcomes map[string]outcome
	spans    map[string]span

	// observed is the release as it was when the pass began, and after the release phase as it is then.
	observed helmrelease.Observed
	release  *v1alpha1.Release
	// sellable is set by the workloads phase: every component that a sale needs is ready.
	sellable bool
	// loss is data that is gone, and accepted a loss that a person has accepted.
	loss, accepted *v1alpha1.DataLoss
	// kept are the volumes with the store's data whose claims are gone, by the claims' names.
	kept map[string]*corev1.PersistentVolume
	// apart are volumes with such data that other claims keep from being bound again.
	apart []string
	// unclosed is why a store whose data is lost could not be stopped, nil if it was.
	unclosed error
	// claims are the store's claims, set by the workloads phase when all components are ready.
	claims map[string]types.UID
	// receipt is set by the sale phase; nil means that there is none for this release.
	receipt *v1alpha1.Receipt
	// after is what is known of the shop after its last change.
	after aftermath
	// refresh is what is known of the last request for one, and other the size on its other side: pods of both are there for a while.
	refresh refresh
	other   *engine.Size
}

func newScope(store *v1alpha1.Store, now time.Time) *scope {
	return &scope{
		store:    store,
		now:      now,
		outcomes: map[string]outcome{},
		spans:    map[string]span{},
		release:  store.Status.Release.DeepCopy(),
		receipt:  store.Status.Receipt.DeepCopy(),
		after:    aftermath{title: store.Status.Title, check: store.Status.Check.DeepCopy()},
	}
}

// keep notes that a volume has the data of a claim that is gone.
func (s *scope) keep(claim string, volume *corev1.PersistentVolume) {
	if s.kept == nil {
		s.kept = map[string]*corev1.PersistentVolume{}
	}
	s.kept[claim] = volume
}

// visitFor returns what a visit to the shop as it is now is about; the digest says what of it is to be seen.
func (s *scope) visitFor(digest string) target {
	return target{
		store: s.store.Name, uid: s.store.UID, digest: digest, revision: s.observed.Revision, installed: s.observed.FirstDeployed.UnixNano(),
	}
}

// falseSince returns when a phase last stopped being complete, or now if the status does not say so yet.
func (s *scope) falseSince(phase string) time.Time {
	condition := meta.FindStatusCondition(s.store.Status.Conditions, phase)
	if condition == nil || condition.Status != metav1.ConditionFalse {
		return s.now
	}
	return condition.LastTransitionTime.Time
}

// needsAction reports whether a phase cannot complete until a person acts: no retry can cure it, or none has for long.
func (s *scope) needsAction(phase string) bool {
	switch s.outcomes[phase].outlook {
	case diagnose.NeedsAction:
		return true
	case diagnose.Retrying:
		return s.now.Sub(s.falseSince(phase)) >= diagnose.RetryWindow
	default:
		return false
	}
}

// namespace returns the namespace that holds everything of the store.
func (s *scope) namespace() string { return s.tenant.Namespace }

// namespaceOf returns the namespace of a store, whether its status says so yet or not.
func namespaceOf(store *v1alpha1.Store) string {
	if store.Status.Namespace != "" {
		return store.Status.Namespace
	}
	return tenant.NamespaceName(store.UID)
}

// requeueAfter returns when to run the next pass; zero means that watches are enough.
func (s *scope) requeueAfter() time.Duration {
	soonest := s.after.again
	for _, outcome := range s.outcomes {
		if outcome.after > 0 && (soonest == 0 || outcome.after < soonest) {
			soonest = outcome.after
		}
	}
	return soonest
}
