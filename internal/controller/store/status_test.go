package store

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// pass returns a scope in which all phases but the given ones are done.
func pass(outcomes map[string]outcome) *scope {
	s := newScope(&v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo", Generation: 3}})
	s.tenant.Namespace = "store-demo"
	for _, phase := range v1alpha1.Phases() {
		s.outcomes[phase] = done("Fine")
	}
	maps.Copy(s.outcomes, outcomes)
	return s
}

// summary is Ready, Reconciling and Stalled, and what Ready says.
func summary(status v1alpha1.StoreStatus) [4]string {
	text := [4]string{}
	for i, kind := range []string{v1alpha1.Ready, v1alpha1.Reconciling, v1alpha1.Stalled} {
		text[i] = string(meta.FindStatusCondition(status.Conditions, kind).Status)
	}
	text[3] = meta.FindStatusCondition(status.Conditions, v1alpha1.Ready).Reason
	return text
}

func TestSummary(t *testing.T) {
	tests := map[string]struct {
		reason   string
		outcomes map[string]outcome
		want     [4]string
	}{
		"AllDone": {"every phase is done", nil, [4]string{"True", "False", "False", "Succeeded"}},
		"OneWaits": {
			"the store is on its way",
			map[string]outcome{v1alpha1.WorkloadsReady: waiting(v1alpha1.ReasonPodsNotReady, "Waiting")},
			[4]string{"False", "True", "False", v1alpha1.ReasonPodsNotReady},
		},
		"OneFailed": {
			"waiting does not help",
			map[string]outcome{v1alpha1.WorkloadsReady: failed(v1alpha1.ReasonImagePullFailed, "No image")},
			[4]string{"False", "False", "True", v1alpha1.ReasonImagePullFailed},
		},
		"FirstToBlame": {
			"what comes later waits for what comes first",
			map[string]outcome{
				v1alpha1.WorkloadsReady: waiting(v1alpha1.ReasonPodsNotReady, "Waiting"),
				v1alpha1.Exposed:        waiting(v1alpha1.ReasonRouteNotAccepted, "Waiting"),
			},
			[4]string{"False", "True", "False", v1alpha1.ReasonPodsNotReady},
		},
		"FailureBeforeWait": {
			"a failure is what people must hear of",
			map[string]outcome{
				v1alpha1.WorkloadsReady: waiting(v1alpha1.ReasonPodsNotReady, "Waiting"),
				v1alpha1.Selling:        failed(v1alpha1.ReasonSaleFailed, "No sale"),
			},
			[4]string{"False", "False", "True", v1alpha1.ReasonSaleFailed},
		},
		"SaleNotReached": {
			"a phase that was not reached keeps the store from being ready",
			map[string]outcome{v1alpha1.Selling: {}},
			[4]string{"False", "True", "False", v1alpha1.ReasonPending},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := nextStatus(v1alpha1.StoreStatus{}, pass(test.outcomes))
			if diff := cmp.Diff(test.want, summary(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
			for _, condition := range got.Conditions {
				if condition.ObservedGeneration != 3 {
					t.Errorf("%s speaks of generation %d", condition.Type, condition.ObservedGeneration)
				}
			}
		})
	}
}

func TestPassThatEndsEarlyKeepsWhatWasKnown(t *testing.T) {
	before := nextStatus(v1alpha1.StoreStatus{}, pass(nil))
	early := newScope(&v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo", Generation: 3}})
	early.outcomes[v1alpha1.NamespaceReady] = waiting(v1alpha1.ReasonApplyFailed, "The API server is away")
	after := nextStatus(before, early)
	if !meta.IsStatusConditionTrue(after.Conditions, v1alpha1.WorkloadsReady) || after.Namespace != "store-demo" {
		t.Errorf("what was known is forgotten: %+v", after)
	}
	if got := summary(after)[0]; got != "False" {
		t.Errorf("Ready is %s although the first phase failed", got)
	}
}

func TestSecondIdenticalPassChangesNothing(t *testing.T) {
	one := nextStatus(v1alpha1.StoreStatus{}, pass(nil))
	if diff := cmp.Diff(one, nextStatus(one, pass(nil))); diff != "" {
		t.Errorf("status changed without cause (-first +second):\n%s", diff)
	}
}

func TestTimelineKeepsTheFirstStartAndTheFirstEnd(t *testing.T) {
	at := func(second int) time.Time { return time.Date(2026, 11, 22, 12, 0, second, 0, time.UTC) }
	var timeline []v1alpha1.TimelineEntry
	for _, seen := range []span{
		{}, {started: at(1)}, {started: at(2)}, {started: at(3), ended: at(4)}, {started: at(5), ended: at(6)}, {},
	} {
		timeline = note(timeline, v1alpha1.Released, seen)
	}
	ended := metav1.NewMicroTime(at(4))
	want := []v1alpha1.TimelineEntry{{Phase: v1alpha1.Released, StartedAt: metav1.NewMicroTime(at(1)), EndedAt: &ended}}
	if diff := cmp.Diff(want, timeline); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
}

func TestSoonest(t *testing.T) {
	s := pass(map[string]outcome{
		v1alpha1.Released:       done("Fine").again(afterQuiet),
		v1alpha1.WorkloadsReady: waiting(v1alpha1.ReasonPodsNotReady, "Waiting").again(afterGlance),
	})
	if got := s.soonest(); got != afterGlance {
		t.Errorf("got %s, want %s", got, afterGlance)
	}
	if got := pass(nil).soonest(); got != 0 {
		t.Errorf("got %s although nothing asked for another pass", got)
	}
}
