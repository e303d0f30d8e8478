package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// actionsPerPass is enough to unlock and upgrade, or to end an uninstall and install, and to see that it worked.
const actionsPerPass = 3

// reconcileRelease observes the Helm release, decides and acts until there is nothing more to do.
func (r *Reconciler) reconcileRelease(ctx context.Context, s *scope) (outcome, error) {
	name := s.store.Name
	r.resetFailures(s)
	var last helmrelease.Action
	for range actionsPerPass {
		observed, err := r.Helm.Observe(ctx, s.namespace(), name)
		if err != nil {
			return outcome{}, err
		}
		s.observed = observed
		s.release.Revision, s.release.ChartVersion, s.release.Digest = observed.Revision, observed.ChartVersion, observed.Digest
		decision := helmrelease.Decide(observed, r.desired(s), r.Clock.Now())
		switch decision.Action {
		case helmrelease.ActionNone:
			if err := r.correctDrift(ctx, s); err != nil {
				return outcome{}, err
			}
			return done(fmt.Sprintf("Release %s revision %d", name, observed.Revision)).again(afterQuiet), nil
		case helmrelease.ActionWait:
			return stillFailed(s).again(decision.After), nil
		case last:
			return waiting(v1alpha1.ReasonLocked, "The release is not as it was left; looking again").again(afterGlance), nil
		}
		if decision.Action == helmrelease.ActionInstall {
			if counted, err := r.quotaCounted(ctx, s.namespace()); err != nil || !counted {
				return waiting(v1alpha1.ReasonPending, "Waiting for the cluster to count the quota").again(afterConflict), err
			}
		}
		ctrl.LoggerFrom(ctx).Info("release action", "action", decision.Action, "status", observed.Status, "revision", observed.Revision)
		if err := r.act(ctx, s, decision.Action); err != nil {
			return r.countFailure(s, err), nil
		}
		last = decision.Action
	}
	return waiting(v1alpha1.ReasonInstalling, "The release is being made").again(afterConflict), nil
}

func (r *Reconciler) act(ctx context.Context, s *scope, action helmrelease.Action) error {
	name := s.store.Name
	request := helmrelease.Request{
		Namespace: s.namespace(), Name: name, Chart: r.Charts[s.recipe.Engine], Values: s.recipe.Values,
		Labels: map[string]string{v1alpha1.LabelStore: name},
	}
	switch action {
	case helmrelease.ActionInstall:
		r.madeRevision(s)
		return r.Helm.Install(ctx, request)
	case helmrelease.ActionUpgrade:
		r.madeRevision(s)
		return r.Helm.Upgrade(ctx, request)
	case helmrelease.ActionUnlock:
		return r.Helm.Unlock(ctx, s.namespace(), name)
	case helmrelease.ActionUninstall:
		return r.Helm.Uninstall(ctx, s.namespace(), name)
	default:
		return fmt.Errorf("unknown action %s", action)
	}
}

// resetFailures forgets failed attempts at something that is no longer wanted.
func (r *Reconciler) resetFailures(s *scope) {
	if s.release == nil {
		s.release = &v1alpha1.Release{}
	}
	s.release.Name = s.store.Name
	if s.release.LastAttemptedDigest != s.digest {
		s.release.Failures, s.release.LastAttemptedDigest, s.release.LastAttemptedAt = 0, "", nil
	}
}

func (r *Reconciler) desired(s *scope) helmrelease.Desired {
	desired := helmrelease.Desired{Present: true, Digest: s.digest, Failures: s.release.Failures}
	if last := s.release.LastAttemptedAt; last != nil && !askedAfter(s.store, last.Time) {
		desired.LastFailure = last.Time
	}
	return desired
}

// countFailure notes a failed action and when to try again.
func (r *Reconciler) countFailure(s *scope, err error) outcome {
	now := metav1.NewMicroTime(r.Clock.Now())
	s.release.Failures++
	s.release.LastAttemptedDigest = s.digest
	s.release.LastAttemptedAt = &now
	return r.attemptFailed(s, err).again(max(helmrelease.Backoff(s.release.Failures), time.Second))
}

// attemptFailed says why the release is not as it should be.
func (r *Reconciler) attemptFailed(s *scope, err error) outcome {
	return because(diagnose.Helm(err.Error(), releasedBefore(s), errors.Is(err, helmrelease.ErrValues), s.release.Failures))
}

// releasedBefore reports whether the release was once as it should be. Its revision does not tell: an install that failed is tried
// again as the next revision.
func releasedBefore(s *scope) bool {
	return slices.ContainsFunc(s.store.Status.Timeline, func(entry v1alpha1.TimelineEntry) bool {
		return entry.Phase == v1alpha1.Released && entry.EndedAt != nil && s.observed.Revision > 0 && entry.EndedAt.After(s.observed.FirstDeployed)
	})
}

// stillFailed repeats what the last attempt said, until it is time for the next one.
func stillFailed(s *scope) outcome {
	result := waiting(v1alpha1.ReasonInstallFailed, "The last attempt failed; trying again soon")
	if before := meta.FindStatusCondition(s.store.Status.Conditions, v1alpha1.Released); before != nil && before.Status == metav1.ConditionFalse {
		result.reason, result.message = before.Reason, before.Message
	}
	if before := s.store.Status.Cause; before != nil && before.Reason == result.reason {
		result.cause = &diagnose.Cause{Reason: before.Reason, Message: before.Message, Fix: before.Fix}
	}
	stalled := meta.FindStatusCondition(s.store.Status.Conditions, v1alpha1.Stalled)
	result.stalled = stalled != nil && stalled.Status == metav1.ConditionTrue && stalled.Reason == result.reason
	return result
}

// madeRevision notes that a revision was just made: the first complete look at its objects is how they should be.
func (r *Reconciler) madeRevision(s *scope) {
	r.drift.put(s.namespace(), baseline{digest: s.digest, verified: r.Clock.Now()})
}
