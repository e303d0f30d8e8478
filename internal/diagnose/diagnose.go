// Package diagnose says why a store is not Ready. It is pure: it takes objects that the caller has read and returns one cause, one
// sentence and one fix.
package diagnose

import (
	"regexp"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// When a symptom becomes certain.
const (
	// progressDeadline is how long workloads may go without progress.
	progressDeadline = 120 * time.Second
	// unschedulableFor is how long a pod may be without a node: another pod may be about to leave one.
	unschedulableFor = 20 * time.Second
	// maxRestarts is how often a container may fail before that counts as a loop rather than a bad start.
	maxRestarts = 3
)

// maxQuote bounds what a cause quotes of a text, in characters.
const maxQuote = 200

// Symptoms is what was observed of a store's workloads.
type Symptoms struct {
	Now time.Time
	// Since is when the workloads last stopped being ready.
	Since        time.Time
	Deployments  []appsv1.Deployment
	StatefulSets []appsv1.StatefulSet
	Pods         []corev1.Pod
	Claims       []corev1.PersistentVolumeClaim
	// Events are the warnings of the store's namespace.
	Events []corev1.Event
}

// Cause is why a store is not Ready.
type Cause struct {
	// Reason is one of the API's reasons.
	Reason string
	// Message says what is wrong, and Fix what to do about it, one sentence each without a full stop.
	Message, Fix string
	// Chain leads from the store's workload to the object that failed.
	Chain   []Link
	Outlook Outlook
}

// Link is an object between a store and what failed.
type Link struct {
	// Kind is the object's, or Container or Event. Name is that of the object, or the reason of an event.
	Kind, Name, Message string
}

// Text returns the message and the fix for people.
func (c Cause) Text() string {
	if c.Fix == "" {
		return c.Message
	}
	return c.Message + ". " + c.Fix
}

// Workloads returns the most likely cause, the closest to the root first: what cannot be created cannot be scheduled, and what cannot
// be scheduled cannot crash. The zero Cause means that nothing looks wrong yet.
func Workloads(s Symptoms) Cause {
	var likely Cause
	for _, check := range []func(Symptoms) Cause{
		forbiddenPods, unboundVolume, missingImage, unschedulable, outOfMemory, fullVolume, silentDatabase, failedInit, crashLoop, failingProbe,
	} {
		cause := check(s)
		if cause.Outlook != Waiting {
			return cause
		}
		if likely.Reason == "" {
			likely = cause
		}
		if cause.Reason == v1alpha1.ReasonDatabaseNotReady {
			// The components that wait for it may look wrong only because they do.
			break
		}
	}
	if s.Now.Sub(lastProgress(s)) < progressDeadline {
		return likely
	}
	if likely.Reason == "" {
		likely = overdue(s)
	}
	likely.Outlook = Retrying
	return likely
}

// lastProgress returns when something last started that may still succeed: a pod that was created, or a container that was started. What
// blocked it before that is over.
func lastProgress(s Symptoms) time.Time {
	progress := s.Since
	advance := func(moment time.Time) {
		if moment.After(progress) {
			progress = moment
		}
	}
	for _, pod := range s.Pods {
		advance(pod.CreationTimestamp.Time)
		for _, status := range containers(pod) {
			if status.State.Running != nil && !status.Ready {
				advance(status.State.Running.StartedAt.Time)
			}
		}
	}
	return progress
}

// Refusal names the cause behind an error or event in which the cluster refused an object. The zero Cause means that the text is about
// no refusal, or about one that passes.
func Refusal(text string) Cause {
	switch {
	case strings.Contains(text, "status unknown for quota"):
		// The cluster has not counted a new quota yet. It will.
		return Cause{}
	case strings.Contains(text, "exceeded quota"):
		return Cause{
			Reason:  v1alpha1.ReasonQuotaExceeded,
			Message: "The quota of the store's namespace is used up: " + detail(text, "exceeded quota"),
			Fix:     "Raise the quota or choose a larger plan",
			Outlook: NeedsAction,
		}
	case strings.Contains(text, "usage per Container is"), strings.Contains(text, "usage per Pod is"):
		return Cause{
			Reason:  v1alpha1.ReasonQuotaExceeded,
			Message: "A container exceeds the limits of the store's namespace: " + detail(text, "forbidden"),
			Fix:     "Raise the LimitRange or choose a larger plan",
			Outlook: NeedsAction,
		}
	case strings.Contains(text, "is being terminated"):
		// The namespace is being deleted; it is created again after that.
		return Cause{}
	case podsForbidden.MatchString(text):
		return Cause{
			Reason:  v1alpha1.ReasonPodsForbidden,
			Message: "The cluster refuses the store's pods: " + detail(text, "is forbidden"),
			Fix:     "Change the policy that refuses them",
			Outlook: NeedsAction,
		}
	case strings.Contains(text, "is forbidden"):
		return Cause{
			Reason:  v1alpha1.ReasonApplyFailed,
			Message: "The cluster refuses what the store needs: " + brief(text),
			Fix:     "Change the policy or grant the missing permission",
			Outlook: NeedsAction,
		}
	}
	return Cause{}
}

var podsForbidden = regexp.MustCompile(`\bpods( "[^"]*")? is forbidden`)

// detail returns what follows mark in a text, on one line and short enough for a condition.
func detail(text, mark string) string {
	if _, after, found := strings.Cut(text, mark); found {
		text = strings.TrimLeft(after, ": ")
	}
	return brief(text)
}

// brief shortens a text to one line of at most maxQuote characters, without a full stop.
func brief(text string) string {
	characters := []rune(strings.TrimSuffix(strings.Join(strings.Fields(text), " "), "."))
	if len(characters) > maxQuote {
		return string(characters[:maxQuote-1]) + "…"
	}
	return string(characters)
}
