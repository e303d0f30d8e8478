package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// helmTimeout is how long the fake's calls hang, like those of helmrelease.Client.
const helmTimeout = time.Minute

// fakeHelm converges every release, unless the test says otherwise. As helmrelease.Client does, it gives a call up that hangs and
// returns ErrBusy at once to later ones.
type fakeHelm struct {
	mu   sync.Mutex
	busy map[string]bool
	err  error
}

func (f *fakeHelm) Converge(_ context.Context, target helmrelease.Target) (helmrelease.Result, error) {
	if strings.HasPrefix(target.Name, "stuck") {
		f.mu.Lock()
		busy := f.busy[target.Name]
		f.busy[target.Name] = true
		f.mu.Unlock()
		if !busy {
			<-time.After(helmTimeout)
		}
		return helmrelease.Result{}, fmt.Errorf("release %s: %w", target.Name, helmrelease.ErrBusy)
	}
	observed := helmrelease.Observed{Status: helmrelease.StatusDeployed, Revision: 1, Digest: target.Digest}
	if f.err != nil {
		observed.Status = helmrelease.StatusFailed
		return helmrelease.Result{Observed: observed}, &helmrelease.ActionError{Action: helmrelease.ActionUpgrade, Err: f.err}
	}
	return helmrelease.Result{Observed: observed, Decision: helmrelease.Decision{Action: helmrelease.ActionNone}}, nil
}

func (f *fakeHelm) Observe(context.Context, string, string) (helmrelease.Observed, error) {
	return helmrelease.Observed{}, errors.New("not used")
}

func (f *fakeHelm) Revision(context.Context, string, string, int) (helmrelease.Observed, error) {
	return helmrelease.Observed{}, errors.New("not used")
}

func (f *fakeHelm) Uninstall(context.Context, string, string) error { return errors.New("not used") }

func (f *fakeHelm) Correct(context.Context, string, string) ([]*unstructured.Unstructured, error) {
	return nil, nil
}

func newReleaseTest() (*Reconciler, *fakeHelm) {
	helm := &fakeHelm{busy: map[string]bool{}}
	return New(Deps{Helm: helm, Clock: clock.RealClock{}, Events: &events.FakeRecorder{}}), helm
}

// releaseScope is a pass over a store that has reached its release.
func releaseScope(name string) *scope {
	s := newScope(&v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}}, time.Now())
	s.tenant.Namespace, s.digest = "store-"+name, "a"
	return s
}

// TestStuckHelmCallsFreeTheWorkers has as many Helm calls hang as there are workers. Another store must not wait longer than the calls
// may take, and the stores whose calls hang must not take a worker again.
func TestStuckHelmCallsFreeTheWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newReleaseTest()
		var stores []string
		for i := range maxConcurrentPasses {
			stores = append(stores, fmt.Sprintf("stuck-%d", i))
		}
		stores = append(stores, "healthy")
		for round, limit := range []time.Duration{helmTimeout, 0} {
			start := time.Now()
			queue := make(chan string, len(stores))
			for _, name := range stores {
				queue <- name
			}
			close(queue)
			var workers sync.WaitGroup
			for range maxConcurrentPasses {
				workers.Go(func() {
					for name := range queue {
						result, err := r.reconcileRelease(t.Context(), releaseScope(name))
						if err != nil {
							t.Errorf("round %d, %s: %v", round, name, err)
						}
						if healthy := name == "healthy"; result.done() != healthy {
							t.Errorf("round %d, %s: %+v", round, name, result)
						} else if !healthy && (result.reason != v1alpha1.ReasonLocked || result.outlook != diagnose.Retrying || result.after == 0) {
							t.Errorf("round %d, %s: %+v, want a retry because of %s", round, name, result, v1alpha1.ReasonLocked)
						}
					}
				})
			}
			workers.Wait()
			if took := time.Since(start); took > limit {
				t.Errorf("round %d took %s, want at most %s", round, took, limit)
			}
		}
	})
}

func TestFailedActionsAreCountedUntilOneSucceeds(t *testing.T) {
	r, helm := newReleaseTest()
	helm.err = errors.New("no connection")
	s := releaseScope("demo")
	for failures := 1; failures <= 4; failures++ {
		result, err := r.reconcileRelease(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		want := diagnose.Waiting
		if failures >= 3 {
			want = diagnose.Retrying
		}
		if s.release.Failures != failures || s.release.LastAttemptedAt == nil || result.outlook != want || result.after != helmrelease.Backoff(failures) {
			t.Errorf("failure %d: %+v of %+v", failures, result, s.release)
		}
	}
	helm.err = nil
	if result, err := r.reconcileRelease(t.Context(), s); err != nil || !result.done() {
		t.Errorf("after the recovery: %+v (%v)", result, err)
	}
	if s.release.Failures != 0 || s.release.LastAttemptedAt != nil {
		t.Errorf("the failures outlive the recovery: %+v", s.release)
	}
}

func TestLastFailureIsRepeated(t *testing.T) {
	condition := func(kind, reason string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: metav1.ConditionFalse, Reason: reason, Message: "Helm says no"}
	}
	failed := v1alpha1.StoreStatus{
		Conditions: []metav1.Condition{condition(v1alpha1.Released, v1alpha1.ReasonUpgradeFailed)},
		Cause:      &v1alpha1.Cause{Reason: v1alpha1.ReasonUpgradeFailed, Message: "Helm says no", Fix: "Fix it"},
	}
	stalled := *failed.DeepCopy()
	stalled.Conditions = append(stalled.Conditions, metav1.Condition{Type: v1alpha1.Stalled, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonUpgradeFailed})
	hiccup := *failed.DeepCopy()
	hiccup.Cause.Fix = ""
	for name, test := range map[string]struct {
		status v1alpha1.StoreStatus
		reason string
		want   diagnose.Outlook
	}{
		"Unknown": {v1alpha1.StoreStatus{}, v1alpha1.ReasonInstallFailed, diagnose.Waiting},
		"Hiccup":  {hiccup, v1alpha1.ReasonUpgradeFailed, diagnose.Waiting},
		"Certain": {failed, v1alpha1.ReasonUpgradeFailed, diagnose.Retrying},
		"Stalled": {stalled, v1alpha1.ReasonUpgradeFailed, diagnose.NeedsAction},
	} {
		t.Run(name, func(t *testing.T) {
			s := releaseScope("demo")
			s.store.Status = test.status
			if got := lastFailure(s); got.reason != test.reason || got.outlook != test.want || got.done() {
				t.Errorf("got %+v", got)
			}
		})
	}
}
