package store

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
)

// pass returns a scope in which all phases but the given ones are complete.
func pass(outcomes map[string]outcome) *scope {
	s := newScope(&v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo", Generation: 3}}, time.Now())
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
		"AllDone": {"every phase is complete", nil, [4]string{"True", "False", "False", "Succeeded"}},
		"OneWaits": {
			"the store is starting",
			map[string]outcome{v1alpha1.WorkloadsReady: waiting(v1alpha1.ReasonPodsNotReady, "Waiting")},
			[4]string{"False", "True", "False", v1alpha1.ReasonPodsNotReady},
		},
		"OneRetries": {
			"a retry may cure it",
			map[string]outcome{v1alpha1.WorkloadsReady: retrying(v1alpha1.ReasonCrashLooping, "It crashes")},
			[4]string{"False", "True", "False", v1alpha1.ReasonCrashLooping},
		},
		"OneNeedsAction": {
			"no retry cures it",
			map[string]outcome{v1alpha1.WorkloadsReady: needsAction(v1alpha1.ReasonVolumeFull, "No space")},
			[4]string{"False", "False", "True", v1alpha1.ReasonVolumeFull},
		},
		"FirstWaits": {
			"later phases wait for earlier ones",
			map[string]outcome{
				v1alpha1.WorkloadsReady: waiting(v1alpha1.ReasonPodsNotReady, "Waiting"),
				v1alpha1.Exposed:        waiting(v1alpha1.ReasonRouteNotAccepted, "Waiting"),
			},
			[4]string{"False", "True", "False", v1alpha1.ReasonPodsNotReady},
		},
		"FailureBeforeWait": {
			"a failure matters more than a phase that waits",
			map[string]outcome{
				v1alpha1.WorkloadsReady: waiting(v1alpha1.ReasonPodsNotReady, "Waiting"),
				v1alpha1.Selling:        retrying(v1alpha1.ReasonSaleFailed, "No sale"),
			},
			[4]string{"False", "True", "False", v1alpha1.ReasonSaleFailed},
		},
		"ActionBeforeRetry": {
			"what a person must do matters most",
			map[string]outcome{
				v1alpha1.WorkloadsReady: retrying(v1alpha1.ReasonCrashLooping, "It crashes"),
				v1alpha1.Exposed:        needsAction(v1alpha1.ReasonRouteNotAccepted, "No route"),
			},
			[4]string{"False", "False", "True", v1alpha1.ReasonRouteNotAccepted},
		},
		"SaleNotReached": {
			"a phase that was not reached keeps the store from becoming Ready",
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
	early := newScope(&v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo", Generation: 3}}, time.Now())
	early.outcomes[v1alpha1.NamespaceReady] = waiting(v1alpha1.ReasonApplyFailed, "The API server is unavailable")
	after := nextStatus(before, early)
	if !meta.IsStatusConditionTrue(after.Conditions, v1alpha1.WorkloadsReady) || after.Namespace != "store-demo" {
		t.Errorf("what was known is lost: %+v", after)
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
		timeline = recordSpan(timeline, v1alpha1.Released, seen)
	}
	ended := metav1.NewMicroTime(at(4))
	want := []v1alpha1.TimelineEntry{{Phase: v1alpha1.Released, StartedAt: metav1.NewMicroTime(at(1)), EndedAt: &ended}}
	if diff := cmp.Diff(want, timeline); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
}

func TestRequeueAfter(t *testing.T) {
	s := pass(map[string]outcome{
		v1alpha1.Released:       done("Fine").requeue(driftInterval),
		v1alpha1.WorkloadsReady: waiting(v1alpha1.ReasonPodsNotReady, "Waiting").requeue(pollInterval),
	})
	if got := s.requeueAfter(); got != pollInterval {
		t.Errorf("got %s, want %s", got, pollInterval)
	}
	if got := pass(nil).requeueAfter(); got != 0 {
		t.Errorf("got %s although no phase asked for another pass", got)
	}
}

// TestRetriesThatDoNotHelpNeedAPerson lets a phase fail for longer and longer.
func TestRetriesThatDoNotHelpNeedAPerson(t *testing.T) {
	failure := map[string]outcome{v1alpha1.WorkloadsReady: retrying(v1alpha1.ReasonCrashLooping, "It crashes")}
	first := pass(failure)
	status := nextStatus(v1alpha1.StoreStatus{}, first)
	for name, test := range map[string]struct {
		after time.Duration
		want  [4]string
	}{
		"Soon": {diagnose.RetryWindow - time.Second, [4]string{"False", "True", "False", v1alpha1.ReasonCrashLooping}},
		"Late": {diagnose.RetryWindow + time.Second, [4]string{"False", "False", "True", v1alpha1.ReasonCrashLooping}},
	} {
		t.Run(name, func(t *testing.T) {
			later := pass(failure)
			later.store.Status = status
			later.now = first.now.Add(test.after)
			if diff := cmp.Diff(test.want, summary(nextStatus(status, later))); diff != "" {
				t.Errorf("after %s (-want +got):\n%s", test.after, diff)
			}
		})
	}
	recovered := pass(nil)
	recovered.store.Status = status
	if got := nextStatus(status, recovered); got.Cause != nil || summary(got)[0] != "True" {
		t.Errorf("after the recovery: %+v", got)
	}
}

// TestCauseSuggestsAFixWhenSomethingIsWrong checks that only a certain cause has a fix.
func TestCauseSuggestsAFixWhenSomethingIsWrong(t *testing.T) {
	for name, test := range map[string]struct {
		outcome outcome
		want    *v1alpha1.Cause
	}{
		"Waiting": {waiting(v1alpha1.ReasonApplyFailed, "Slow"), &v1alpha1.Cause{Reason: v1alpha1.ReasonApplyFailed, Message: "Slow"}},
		"Retrying": {
			retrying(v1alpha1.ReasonApplyFailed, "Refused"),
			&v1alpha1.Cause{Reason: v1alpha1.ReasonApplyFailed, Message: "Refused", Fix: diagnose.Advice(v1alpha1.ReasonApplyFailed)},
		},
		"MaybeWrong": {
			diagnosed(diagnose.Cause{Reason: v1alpha1.ReasonCrashLooping, Message: "Crashed once", Fix: "Look at the logs"}),
			&v1alpha1.Cause{Reason: v1alpha1.ReasonCrashLooping, Message: "Crashed once"},
		},
		"Wrong": {
			diagnosed(diagnose.Cause{
				Reason: v1alpha1.ReasonCrashLooping, Message: "Crashes", Fix: "Look at the logs", Outlook: diagnose.Retrying,
				Chain: []diagnose.Link{{Kind: "Pod", Name: "server-0"}},
			}),
			&v1alpha1.Cause{
				Reason: v1alpha1.ReasonCrashLooping, Message: "Crashes", Fix: "Look at the logs", Chain: []v1alpha1.CauseLink{{Kind: "Pod", Name: "server-0"}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := nextStatus(v1alpha1.StoreStatus{}, pass(map[string]outcome{v1alpha1.WorkloadsReady: test.outcome})).Cause
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("cause (-want +got):\n%s", diff)
			}
		})
	}
}
