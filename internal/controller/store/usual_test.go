package store

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
)

func TestUsualStart(t *testing.T) {
	began := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	started := func(engine v1alpha1.Engine, seconds float64) v1alpha1.Store {
		ended := metav1.NewMicroTime(began.Add(time.Duration(seconds * float64(time.Second))))
		store := v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: engine}}
		store.Status.Timeline = []v1alpha1.TimelineEntry{
			{Phase: v1alpha1.Released, StartedAt: metav1.NewMicroTime(began), EndedAt: &ended},
			{Phase: v1alpha1.WorkloadsReady, StartedAt: metav1.NewMicroTime(began), EndedAt: &ended},
		}
		if seconds == 0 {
			store.Status.Timeline[1].EndedAt = nil
		}
		return store
	}
	for name, test := range map[string]struct {
		stores []v1alpha1.Store
		want   time.Duration
	}{
		"Median":       {[]v1alpha1.Store{started("medusa", 90), started("medusa", 9.4), started("medusa", 7)}, 9 * time.Second},
		"TooFew":       {[]v1alpha1.Store{started("medusa", 9), started("medusa", 9), started("medusa", 0)}, 0},
		"OtherEngines": {[]v1alpha1.Store{started("medusa", 9), started("medusa", 9), started("woocommerce", 9)}, 0},
		"VeryFast":     {[]v1alpha1.Store{started("medusa", 0.1), started("medusa", 0.1), started("medusa", 0.1)}, time.Second},
	} {
		if got, known := usualStart(test.stores, "medusa"); got != test.want || known != (test.want > 0) {
			t.Errorf("%s: %s, known %v; want %s", name, got, known, test.want)
		}
	}
}

func TestIsStart(t *testing.T) {
	for name, test := range map[string]struct {
		cause diagnose.Cause
		want  bool
	}{
		"Probe":    {diagnose.Cause{Reason: v1alpha1.ReasonProbeFailing}, true},
		"Database": {diagnose.Cause{Reason: v1alpha1.ReasonDatabaseNotReady}, true},
		"Overdue":  {diagnose.Cause{Reason: v1alpha1.ReasonProbeFailing, Outlook: diagnose.Retrying}, false},
		"Image":    {diagnose.Cause{Reason: v1alpha1.ReasonImagePullFailed}, false},
	} {
		if got := isStart(test.cause); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
