package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// Labels of a release's records that a refresh has made. labelRefresh is its mark, and labelRefreshFrom the revision that ran before it.
// They are written in one step with the release, so that a controller that dies finds out where it was.
const (
	labelRefresh     = "shopflow.dev/refresh"
	labelRefreshFrom = "shopflow.dev/refresh-from"
	// markBack ends the mark of the revision that went back.
	markBack = ".back"
)

const (
	// maxRefreshAttempts is how often Helm may fail at a refresh.
	maxRefreshAttempts = 3
	// refreshSettle is how long after a refresh the pods before it may still be what is seen.
	refreshSettle = 15 * time.Second
	// refreshGrace is how long a failure with a certain cause may last, and refreshPatience how long the pods may take otherwise. Going
	// back is cheap, and the shop is known to work then. For an image that cannot be pulled there is no grace: the one before is there.
	refreshGrace, refreshPatience = time.Minute, 10 * time.Minute
)

// stage is how far a refresh has come.
type stage int

const (
	// refreshNone means that none is under way.
	refreshNone stage = iota
	// refreshStarts means that the release is still the one before.
	refreshStarts
	// refreshRuns means that the release has changed, or that Helm has failed at it; whether the store sells is to be seen.
	refreshRuns
	// refreshGoesBack means that the release is to be what it was before.
	refreshGoesBack
)

// refresh is what is known of the last request for one.
type refresh struct {
	stage stage
	// last is the request as the status has it or is to have it, nil if there never was one.
	last *v1alpha1.Refresh
	// from is the revision to go back to, zero before the refresh has made one. back tells that a revision has been made that goes back.
	from int
	back bool
	// applies tells that this pass plans the store by it. A refresh that has to wait for a whole release does not apply yet.
	applies bool
	// outdated tells that the store does not run what the platform brings today, and notOffered why it cannot.
	outdated   bool
	notOffered error
}

// refreshOf finds out how far a refresh has come: by what the status remembers, and by the marks of the release. It is pure.
func refreshOf(store *v1alpha1.Store, observed helmrelease.Observed) refresh {
	last := store.RequestedRefresh()
	if last == nil || last.EndedAt != nil {
		return refresh{last: last}
	}
	mark, back := strings.CutSuffix(observed.Labels[labelRefresh], markBack)
	if mark != markOf(last) {
		return refresh{stage: refreshStarts, last: last}
	}
	from, _ := strconv.Atoi(observed.Labels[labelRefreshFrom]) // Zero is no revision.
	if back || last.Failure != "" {
		return refresh{stage: refreshGoesBack, last: last, from: from, back: back}
	}
	return refresh{stage: refreshRuns, last: last, from: from}
}

// markOf returns what marks the revisions of a request: its time, in microseconds since the epoch.
func markOf(request *v1alpha1.Refresh) string {
	return strconv.FormatInt(request.RequestedAt.UnixMicro(), 10)
}

// end notes that the request is done with. failure says why the store runs what it ran before, empty if it does not.
func (f *refresh) end(now time.Time, failure string) {
	ended := metav1.NewMicroTime(now)
	f.stage, f.last.EndedAt, f.last.Failure, f.outdated = refreshNone, &ended, failure, failure != ""
}

// judgeRefresh looks at what a pass has found out: has the refresh succeeded, has it failed, or is it too early to say?
func (s *scope) judgeRefresh() {
	f := &s.refresh
	released := s.outcomes[v1alpha1.Released].done()
	if !f.applies {
		return
	}
	switch f.stage {
	case refreshGoesBack:
		// Until its pods are there, those of the refresh may be.
		if !released || !s.outcomes[v1alpha1.WorkloadsReady].done() && s.now.Sub(s.observed.StartedAt) < refreshPatience {
			return
		}
		f.end(s.now, f.last.Failure)
	default:
		failure, sells := s.refreshed()
		switch {
		case sells:
			f.end(s.now, "")
		case failure != "" && f.made(s.observed):
			f.last.Failure = failure // The next pass goes back.
		case failure != "":
			f.end(s.now, failure)
		default:
			return
		}
	}
	s.after.again = conflictDelay
}

// made reports whether the newest revision of a release is one of this refresh.
func (f *refresh) made(observed helmrelease.Observed) bool {
	return observed.Labels[labelRefresh] == markOf(f.last)
}

// refreshed reports whether the store sells after its refresh, or why it does not. While neither is known, both are empty.
func (s *scope) refreshed() (failure string, sells bool) {
	if result := s.outcomes[v1alpha1.Released]; !result.done() {
		if s.release != nil && s.release.Failures >= maxRefreshAttempts || result.outlook == diagnose.NeedsAction {
			return result.why(), false
		}
		return "", false
	}
	if s.after.failed != "" {
		return s.after.failed, false
	}
	elapsed := s.now.Sub(s.observed.StartedAt)
	ready := true
	for _, phase := range []string{v1alpha1.WorkloadsReady, v1alpha1.Exposed} {
		result := s.outcomes[phase]
		ready = ready && result.done()
		if !result.done() && elapsed >= refreshSettle && (s.isFatal(phase, elapsed) || elapsed >= refreshPatience) {
			return result.why(), false
		}
	}
	if ready && s.outcomes[v1alpha1.Selling].done() && s.isChecked() && !s.after.checking {
		return "", true
	}
	if elapsed >= refreshPatience {
		return cmp.Or(s.after.changing, s.outcomes[v1alpha1.Selling].why(), "The shop was not checked") + ", for " + refreshPatience.String(), false
	}
	return "", false
}

// isFatal reports whether what a phase has failed by ends a refresh that was made some time ago. What the store suffered from before it does
// not count.
func (s *scope) isFatal(phase string, elapsed time.Duration) bool {
	result := s.outcomes[phase]
	certain := result.outlook == diagnose.NeedsAction || result.outlook == diagnose.Retrying
	return certain && (result.reason == v1alpha1.ReasonImagePullFailed || min(elapsed, s.now.Sub(s.falseSince(phase))) >= refreshGrace)
}

// unreadyBefore reports whether a pod was there before a moment, not ready, and has not been since.
func unreadyBefore(pod *corev1.Pod, moment time.Time) bool {
	moment = moment.Truncate(time.Second) // Kubernetes keeps times to the second.
	return pod.CreationTimestamp.Time.Before(moment) && slices.ContainsFunc(pod.Status.Conditions, func(condition corev1.PodCondition) bool {
		return condition.Type == corev1.PodReady && condition.Status != corev1.ConditionTrue && condition.LastTransitionTime.Time.Before(moment)
	})
}

// why says why a phase is not complete, without what to do about it.
func (o outcome) why() string {
	if o.cause != nil {
		return o.cause.Message
	}
	return o.message
}

// setRefresh writes to the status what came of the last refresh, and whether one would change something.
func setRefresh(status *v1alpha1.StoreStatus, s *scope) {
	f := s.refresh
	status.Refresh = f.last
	set := func(value metav1.ConditionStatus, reason, message string) {
		setCondition(status, s.store.Generation, v1alpha1.UpToDate, value, reason, message)
	}
	switch {
	case f.last != nil && f.last.EndedAt == nil && f.last.Failure != "":
		set(metav1.ConditionFalse, v1alpha1.ReasonRefreshing, "The store goes back to what it ran before: "+f.last.Failure)
	case f.last != nil && f.last.EndedAt == nil:
		set(metav1.ConditionFalse, v1alpha1.ReasonRefreshing, "The store gets today's images and chart, and has to sell with them")
	case f.notOffered != nil:
		set(metav1.ConditionFalse, v1alpha1.ReasonVersionNotOffered, sentence(f.notOffered))
	case f.outdated && f.last != nil && f.last.Failure != "":
		set(metav1.ConditionFalse, v1alpha1.ReasonRefreshFailed, "The store runs what it ran before its last refresh: "+f.last.Failure)
	case f.outdated:
		set(metav1.ConditionFalse, v1alpha1.ReasonOutdated, "The platform brings newer images or a newer chart for this version")
	default:
		set(metav1.ConditionTrue, v1alpha1.ReasonSucceeded, "The store runs what the platform brings today")
	}
}
