package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// endingGrace is how long after its time a pod may take to be gone before a change no longer waits for it.
const endingGrace = 10 * time.Second

// reconcileRelease makes the Helm release match the store's recipe.
func (r *Reconciler) reconcileRelease(ctx context.Context, s *scope) (outcome, error) {
	resetFailures(s)
	if len(s.kept) > 0 {
		return r.bindAgain(ctx, s)
	}
	quotaCounted, ending, grown := true, false, true
	result, err := r.Helm.Converge(ctx, helmrelease.Target{
		Request: helmrelease.Request{
			Namespace: s.namespace(), Name: s.store.Name, Chart: s.chart, Values: s.recipe.Values, Labels: s.releaseLabels(),
			KeepHistory: s.refresh.applies && !s.refresh.back,
		},
		Desired: r.desired(s),
		Clock:   r.Clock,
		Seen:    &s.observed,
		Before: func(ctx context.Context, observed helmrelease.Observed, action helmrelease.Action) (bool, error) {
			if action == helmrelease.ActionInstall {
				var err error
				if quotaCounted, err = r.quotaCounted(ctx, s.namespace()); err != nil || !quotaCounted {
					return false, err
				}
			}
			if s.live && action == helmrelease.ActionUpgrade {
				var err error
				if ending, err = r.podsEnding(ctx, s); err != nil || ending {
					return false, err
				}
				if grown, err = r.growVolumes(ctx, s); err != nil || !grown {
					return false, err
				}
			}
			ctrl.LoggerFrom(ctx).Info("release action", "action", action, "status", observed.Status, "revision", observed.Revision)
			if action == helmrelease.ActionInstall || action == helmrelease.ActionUpgrade {
				r.expectRevision(s)
			}
			return true, nil
		},
	})
	if result.Observed.Status != "" {
		s.observed = result.Observed
		s.release.Revision, s.release.ChartVersion, s.release.Digest = s.observed.Revision, s.observed.ChartVersion, s.observed.Digest
	}
	if errors.Is(err, helmrelease.ErrBusy) {
		return retrying(v1alpha1.ReasonLocked, "Helm has not returned from its last call").requeue(pollInterval), nil
	}
	if failed, ok := errors.AsType[*helmrelease.ActionError](err); ok {
		if s.refresh.applies { // Whether it has made a revision decides whether there is a way back.
			if s.observed, err = r.Helm.Observe(ctx, s.namespace(), s.store.Name); err != nil {
				return outcome{}, err
			}
		}
		return r.recordFailure(s, failed.Err), nil
	}
	if err != nil {
		return outcome{}, err
	}
	switch {
	case result.Action == helmrelease.ActionNone:
		clearFailures(s.release)
		s.release.Plan, s.release.Images = s.recipe.Plan, s.recipe.Images()
		s.release.DatabaseStorage, s.release.UploadsStorage = s.recipe.Size.DatabaseStorage, s.recipe.Size.UploadsStorage
		if err := r.correctDrift(ctx, s); err != nil {
			return outcome{}, err
		}
		result := done(fmt.Sprintf("Release %s revision %d", s.store.Name, s.observed.Revision)).requeue(driftInterval)
		if s.recipe.Refused != nil {
			result = result.requeue(refusedInterval) // There may be room by then.
		}
		return result, nil
	case result.Action == helmrelease.ActionWait && s.observed.ByOthers():
		return waiting(v1alpha1.ReasonLocked, "Waiting for another Helm client to finish its rollback or uninstall").requeue(pollInterval), nil
	case result.Action == helmrelease.ActionWait:
		return lastFailure(s).requeue(result.After), nil
	case ending:
		return waiting(v1alpha1.ReasonPending, "Waiting for the pods before the last change to end").requeue(pollInterval), nil
	case !grown:
		return waiting(v1alpha1.ReasonPending, "Waiting until the volumes may grow").requeue(conflictDelay), nil
	case !quotaCounted:
		return waiting(v1alpha1.ReasonPending, "Waiting for the cluster to count the quota").requeue(conflictDelay), nil
	default:
		return waiting(v1alpha1.ReasonLocked, "Another Helm client is changing the release").requeue(pollInterval), nil
	}
}

// podsEnding reports whether pods of the store are still within the time that they have to end. The quota counts them, and has room for
// one change at a time.
func (r *Reconciler) podsEnding(ctx context.Context, s *scope) (bool, error) {
	var pods corev1.PodList
	if err := r.Client.List(ctx, &pods, client.InNamespace(s.namespace())); err != nil {
		return false, fmt.Errorf("list pods: %w", err)
	}
	return slices.ContainsFunc(pods.Items, func(pod corev1.Pod) bool {
		return pod.DeletionTimestamp != nil && s.now.Before(pod.DeletionTimestamp.Add(endingGrace))
	}), nil
}

// resetFailures drops the failures of a release that is no longer the desired one.
func resetFailures(s *scope) {
	if s.release == nil {
		s.release = &v1alpha1.Release{}
	}
	s.release.Name = s.store.Name
	if s.release.LastAttemptedDigest != s.digest {
		clearFailures(s.release)
	}
}

func clearFailures(release *v1alpha1.Release) {
	release.Failures, release.LastAttemptedDigest, release.LastAttemptedAt = 0, "", nil
}

func (r *Reconciler) desired(s *scope) helmrelease.Desired {
	desired := helmrelease.Desired{Digest: s.digest, Failures: s.release.Failures}
	if last := s.release.LastAttemptedAt; last != nil && !retryRequestedAfter(s.store, last.Time) {
		desired.LastFailure = last.Time
	}
	return desired
}

// recordFailure counts a failed action and says when to retry it.
func (r *Reconciler) recordFailure(s *scope, err error) outcome {
	now := metav1.NewMicroTime(r.Clock.Now())
	s.release.Failures++
	s.release.LastAttemptedDigest = s.digest
	s.release.LastAttemptedAt = &now
	cause := diagnose.Helm(err.Error(), releasedBefore(s), errors.Is(err, helmrelease.ErrValues), s.release.Failures)
	return diagnosed(cause).requeue(helmrelease.Backoff(s.release.Failures))
}

// releasedBefore reports whether the release has been deployed before. Its revision does not say so: a failed install is retried as the
// next revision.
func releasedBefore(s *scope) bool {
	return slices.ContainsFunc(s.store.Status.Timeline, func(entry v1alpha1.TimelineEntry) bool {
		return entry.Phase == v1alpha1.Released && entry.EndedAt != nil && s.observed.Revision > 0 && entry.EndedAt.After(s.observed.FirstDeployed)
	})
}

// lastFailure repeats what the last attempt said, until it is time for the next one.
func lastFailure(s *scope) outcome {
	result := waiting(v1alpha1.ReasonInstallFailed, "The last attempt failed; ShopFlow retries soon")
	if before := meta.FindStatusCondition(s.store.Status.Conditions, v1alpha1.Released); before != nil && before.Status == metav1.ConditionFalse {
		result.reason, result.message = before.Reason, before.Message
	}
	if before := s.store.Status.Cause; before != nil && before.Reason == result.reason {
		result.cause = &diagnose.Cause{Reason: before.Reason, Message: before.Message, Fix: before.Fix}
		if before.Certain() {
			result.outlook = diagnose.Retrying
		}
	}
	if stalled := meta.FindStatusCondition(s.store.Status.Conditions, v1alpha1.Stalled); stalled != nil && stalled.Status == metav1.ConditionTrue && stalled.Reason == result.reason {
		result.outlook = diagnose.NeedsAction
	}
	return result
}
