package store

import (
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/helmrelease"
)

func TestRefreshOf(t *testing.T) {
	asked := time.Date(2026, 11, 1, 12, 0, 0, 123456789, time.UTC)
	mark := strconv.FormatInt(asked.UnixMicro(), 10)
	ended := metav1.NewMicroTime(asked.Add(time.Minute))
	known := func(end *metav1.MicroTime, failure string) *v1alpha1.Refresh {
		return &v1alpha1.Refresh{RequestedAt: metav1.NewMicroTime(asked.Truncate(time.Microsecond)), EndedAt: end, Failure: failure}
	}
	marks := func(mark string) map[string]string {
		return map[string]string{labelRefresh: mark, labelRefreshFrom: "3"}
	}
	for name, test := range map[string]struct {
		annotation string
		last       *v1alpha1.Refresh
		labels     map[string]string
		stage      stage
		from       int
	}{
		"NeverAsked":         {"", nil, nil, refreshNone, 0},
		"NoTime":             {"now", nil, nil, refreshNone, 0},
		"Asked":              {asked.Format(time.RFC3339Nano), nil, nil, refreshStarts, 0},
		"OfAnotherZone":      {asked.In(time.FixedZone("", 3600)).Format(time.RFC3339Nano), known(&ended, ""), nil, refreshNone, 0},
		"AskedAgain":         {asked.Add(time.Hour).Format(time.RFC3339Nano), known(&ended, "It did not sell"), marks(mark + markBack), refreshStarts, 0},
		"AskedBefore":        {asked.Add(-time.Hour).Format(time.RFC3339Nano), known(&ended, ""), marks(mark), refreshNone, 0},
		"AskedMeanwhile":     {asked.Add(time.Hour).Format(time.RFC3339Nano), known(nil, ""), marks(mark), refreshRuns, 3},
		"Made":               {asked.Format(time.RFC3339Nano), known(nil, ""), marks(mark), refreshRuns, 3},
		"MadeWithoutStatus":  {asked.Format(time.RFC3339Nano), nil, marks(mark), refreshRuns, 3},
		"Failed":             {asked.Format(time.RFC3339Nano), known(nil, "It did not sell"), marks(mark), refreshGoesBack, 3},
		"Back":               {asked.Format(time.RFC3339Nano), known(nil, "It did not sell"), marks(mark + markBack), refreshGoesBack, 3},
		"BackWithoutStatus":  {asked.Format(time.RFC3339Nano), nil, marks(mark + markBack), refreshGoesBack, 3},
		"Ended":              {asked.Format(time.RFC3339Nano), known(&ended, ""), marks(mark), refreshNone, 0},
		"AnnotationRemoved":  {"", known(nil, ""), marks(mark), refreshRuns, 3},
		"ReleasedByAnother":  {asked.Format(time.RFC3339Nano), known(nil, ""), nil, refreshStarts, 0},
		"MarkedByAnotherOne": {asked.Format(time.RFC3339Nano), known(nil, ""), marks("12"), refreshStarts, 0},
	} {
		t.Run(name, func(t *testing.T) {
			store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{v1alpha1.AnnotationRefreshAt: test.annotation}}}
			store.Status.Refresh = test.last
			got := refreshOf(store, helmrelease.Observed{Labels: test.labels})
			if got.stage != test.stage || got.from != test.from {
				t.Errorf("stage %d from %d, want %d from %d", got.stage, got.from, test.stage, test.from)
			}
		})
	}
}

func TestJudgeRefresh(t *testing.T) {
	crash := map[string]outcome{v1alpha1.WorkloadsReady: retrying(v1alpha1.ReasonCrashLooping, "It crashes"), v1alpha1.Selling: {}}
	image := map[string]outcome{v1alpha1.WorkloadsReady: needsAction(v1alpha1.ReasonImagePullFailed, "No such image"), v1alpha1.Selling: {}}
	pull := map[string]outcome{v1alpha1.WorkloadsReady: retrying(v1alpha1.ReasonImagePullFailed, "Back-off"), v1alpha1.Selling: {}}
	quota := map[string]outcome{v1alpha1.WorkloadsReady: needsAction(v1alpha1.ReasonQuotaExceeded, "No quota"), v1alpha1.Selling: {}}
	slow := map[string]outcome{v1alpha1.WorkloadsReady: waiting(v1alpha1.ReasonPodsNotReady, "Waiting"), v1alpha1.Selling: {}}
	selling := map[string]outcome{v1alpha1.Selling: waiting(v1alpha1.ReasonSelling, "The shop is checked")}
	helm := map[string]outcome{v1alpha1.Released: retrying(v1alpha1.ReasonUpgradeFailed, "Refused"), v1alpha1.WorkloadsReady: {}, v1alpha1.Selling: {}}
	for name, test := range map[string]struct {
		stage    stage
		outcomes map[string]outcome
		// elapsed is since the release changed, and since what is not ready became so.
		elapsed  time.Duration
		attempts int
		checked  bool
		failed   string
		// waits tells that the refresh does not apply yet.
		waits bool
		// unmade tells that Helm has not even made a revision.
		unmade  bool
		failure string
		ended   bool
	}{
		"Sells":               {stage: refreshRuns, elapsed: time.Minute, checked: true, ended: true},
		"SellsUnchecked":      {stage: refreshRuns, elapsed: time.Minute},
		"IsChecked":           {stage: refreshRuns, outcomes: selling, elapsed: refreshPatience - time.Second},
		"IsNeverChecked":      {stage: refreshRuns, outcomes: selling, elapsed: refreshPatience, failure: "The shop is checked, for 10m0s"},
		"NoPodIsAllowed":      {stage: refreshRuns, outcomes: quota, elapsed: refreshGrace, failure: "No quota"},
		"QuotaIsCounted":      {stage: refreshRuns, outcomes: quota, elapsed: refreshGrace - time.Second},
		"CheckFails":          {stage: refreshRuns, outcomes: selling, elapsed: time.Minute, failed: "The shop answered 500", failure: "The shop answered 500"},
		"StartsSlowly":        {stage: refreshRuns, outcomes: slow, elapsed: refreshPatience - time.Second},
		"NeverStarts":         {stage: refreshRuns, outcomes: slow, elapsed: refreshPatience, failure: "Waiting"},
		"CrashesOnce":         {stage: refreshRuns, outcomes: crash, elapsed: refreshGrace - time.Second},
		"KeepsCrashing":       {stage: refreshRuns, outcomes: crash, elapsed: refreshGrace, failure: "It crashes"},
		"NoImage":             {stage: refreshRuns, outcomes: image, elapsed: refreshSettle, failure: "No such image"},
		"RegistryIsAway":      {stage: refreshRuns, outcomes: pull, elapsed: refreshSettle, failure: "Back-off"},
		"OfThePodsBefore":     {stage: refreshRuns, outcomes: image, elapsed: refreshSettle - time.Second},
		"HelmFails":           {stage: refreshRuns, outcomes: helm, attempts: maxRefreshAttempts, failure: "Refused"},
		"HelmFailsOnce":       {stage: refreshRuns, outcomes: helm, attempts: 1},
		"ValuesAreRefused":    {stage: refreshStarts, outcomes: map[string]outcome{v1alpha1.Released: needsAction(v1alpha1.ReasonValuesInvalid, "No such value")}, unmade: true, failure: "No such value", ended: true},
		"GoesBack":            {stage: refreshGoesBack, outcomes: helm, attempts: 5, failure: "It crashes"},
		"IsBack":              {stage: refreshGoesBack, failure: "It crashes", ended: true},
		"BackButStarts":       {stage: refreshGoesBack, outcomes: slow, elapsed: refreshPatience - time.Second, failure: "It crashes"},
		"BackButNeverStarts":  {stage: refreshGoesBack, outcomes: slow, elapsed: refreshPatience, failure: "It crashes", ended: true},
		"NothingWasRequested": {stage: refreshNone, outcomes: crash, elapsed: time.Hour, waits: true},
		"WaitsForTheRelease":  {stage: refreshStarts, elapsed: time.Minute, checked: true, waits: true, unmade: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := pass(test.outcomes)
			s.digest, s.release = "new", &v1alpha1.Release{Failures: test.attempts}
			s.observed = helmrelease.Observed{Revision: 4, StartedAt: s.now.Add(-test.elapsed)}
			for _, phase := range v1alpha1.Phases() {
				meta.SetStatusCondition(&s.store.Status.Conditions, metav1.Condition{
					Type: phase, Status: metav1.ConditionFalse, LastTransitionTime: metav1.NewTime(s.now.Add(-test.elapsed)),
				})
			}
			s.refresh = refresh{stage: test.stage, applies: !test.waits, last: &v1alpha1.Refresh{RequestedAt: metav1.NewMicroTime(s.now)}}
			if test.stage == refreshGoesBack {
				s.refresh.last.Failure = "It crashes"
			}
			if !test.unmade {
				s.observed.Labels = map[string]string{labelRefresh: markOf(s.refresh.last)}
			}
			s.after.failed = test.failed
			if test.checked {
				s.after.check = &v1alpha1.Check{Digest: "new", Revision: 4}
			}
			if _, marked := s.releaseLabels()[labelRefresh]; marked == test.waits {
				t.Errorf("the release is marked: %v", marked)
			}
			s.judgeRefresh()
			if got := s.refresh.last; got.Failure != test.failure || (got.EndedAt != nil) != test.ended {
				t.Errorf("failure %q, ended %v; want %q and %v", got.Failure, got.EndedAt, test.failure, test.ended)
			}
		})
	}
}

func TestUnreadyBefore(t *testing.T) {
	refreshed := time.Date(2026, 11, 1, 12, 0, 0, 500, time.UTC)
	for name, test := range map[string]struct {
		created, since time.Duration
		ready          corev1.ConditionStatus
		want           bool
	}{
		"Crashed":      {-time.Hour, -time.Hour, corev1.ConditionFalse, true},
		"Sold":         {-time.Hour, -time.Hour, corev1.ConditionTrue, false},
		"BrokeByIt":    {-time.Hour, time.Minute, corev1.ConditionFalse, false},
		"MadeByIt":     {time.Second, time.Second, corev1.ConditionFalse, false},
		"InThatSecond": {0, 0, corev1.ConditionFalse, false},
	} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(refreshed.Truncate(time.Second).Add(test.created))}}
		since := metav1.NewTime(refreshed.Truncate(time.Second).Add(test.since))
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: test.ready, LastTransitionTime: since}}
		if got := unreadyBefore(pod, refreshed); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
