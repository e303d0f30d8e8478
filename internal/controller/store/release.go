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

// reconcileRelease brings the Helm release to what the store's recipe says.
func (r *Reconciler) reconcileRelease(ctx context.Context, s *scope) (outcome, error) {
	r.resetFailures(s)
	quotaCounted := true
	result, err := r.Helm.Converge(ctx, helmrelease.Target{
		Request: helmrelease.Request{
			Namespace: s.namespace(), Name: s.store.Name, Chart: r.Charts[s.recipe.Engine], Values: s.recipe.Values,
			Labels: map[string]string{v1alpha1.LabelStore: s.store.Name},
		},
		Desired: r.desired(s),
		Clock:   r.Clock,
		Before: func(ctx context.Context, observed helmrelease.Observed, action helmrelease.Action) (bool, error) {
			if action == helmrelease.ActionInstall {
				var err error
				if quotaCounted, err = r.quotaCounted(ctx, s.namespace()); err != nil || !quotaCounted {
					return false, err
				}
			}
			ctrl.LoggerFrom(ctx).Info("release action", "action", action, "status", observed.Status, "revision", observed.Revision)
			if action == helmrelease.ActionInstall || action == helmrelease.ActionUpgrade {
				r.madeRevision(s)
			}
			return true, nil
		},
	})
	if result.Observed.Status != "" {
		s.observed = result.Observed
		s.release.Revision, s.release.ChartVersion, s.release.Digest = s.observed.Revision, s.observed.ChartVersion, s.observed.Digest
	}
	if errors.Is(err, helmrelease.ErrBusy) {
		return waiting(v1alpha1.ReasonLocked, "Helm does not answer; waiting for its last call to end").again(afterGlance), nil
	}
	if failed, ok := errors.AsType[*helmrelease.ActionError](err); ok {
		return r.countFailure(s, failed.Err), nil
	}
	if err != nil {
		return outcome{}, err
	}
	switch {
	case result.Action == helmrelease.ActionNone:
		if err := r.correctDrift(ctx, s); err != nil {
			return outcome{}, err
		}
		return done(fmt.Sprintf("Release %s revision %d", s.store.Name, s.observed.Revision)).again(afterQuiet), nil
	case result.Action == helmrelease.ActionWait && s.observed.Status == helmrelease.StatusRollingBack:
		return waiting(v1alpha1.ReasonLocked, "Waiting for a rollback to end that somebody started with Helm").again(afterGlance), nil
	case result.Action == helmrelease.ActionWait:
		return stillFailed(s).again(result.After), nil
	case !quotaCounted:
		return waiting(v1alpha1.ReasonPending, "Waiting for the cluster to count the quota").again(afterConflict), nil
	default:
		return waiting(v1alpha1.ReasonLocked, "Another Helm client changed the release; checking again").again(afterGlance), nil
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
	desired := helmrelease.Desired{Digest: s.digest, Failures: s.release.Failures}
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
