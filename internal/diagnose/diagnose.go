// Package diagnose says why a store's workloads are not ready. It is pure: it looks at objects that somebody else has
// read and names one cause, one sentence and one fix.
package diagnose

import (
	"regexp"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// Bounds of patience.
const (
	// Deadline is how long workloads may take before the store counts as failed without a sure cause.
	Deadline = 120 * time.Second
	// unschedulableFor is how long a pod may be without a node: another may be about to go.
	unschedulableFor = 20 * time.Second
	// crashes is how often a container may die before that counts as a loop rather than a bad start.
	crashes = 3
)

// Symptoms is what was seen of a store's workloads.
type Symptoms struct {
	Now time.Time
	// Since is when the workloads last began to be unready.
	Since        time.Time
	Deployments  []appsv1.Deployment
	StatefulSets []appsv1.StatefulSet
	Pods         []corev1.Pod
	Claims       []corev1.PersistentVolumeClaim
	// Events are the warnings of the store's namespace.
	Events []corev1.Event
}

// Cause is why a store is not ready.
type Cause struct {
	// Reason is one of the API's reasons.
	Reason string
	// Message says what is wrong, and Fix what to do about it, one sentence each without a full stop.
	Message, Fix string
	// Chain leads from the store's workload down to what failed.
	Chain []Link
	// Sure causes do not go by waiting.
	Sure bool
}

// Link is an object on the way from a store to what failed.
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

// Workloads returns the most likely cause, the one closest to the root first: what cannot be created cannot be
// scheduled, what cannot be scheduled cannot crash. The zero Cause means that nothing looks wrong yet.
func Workloads(s Symptoms) Cause {
	var likely Cause
	for _, look := range []func(Symptoms) Cause{
		forbidden, volume, image, unschedulable, memory, full, silent, initialise, crash, probe,
	} {
		cause := look(s)
		if cause.Sure {
			return cause
		}
		if likely.Reason == "" {
			likely = cause
		}
		if cause.Reason == v1alpha1.ReasonDatabaseNotReady {
			// Whatever is wrong with those that wait for it may be wrong because they do.
			break
		}
	}
	if s.Now.Sub(lastProgress(s)) < Deadline {
		return likely
	}
	if likely.Reason == "" {
		likely = overdue(s)
	}
	likely.Sure = true
	return likely
}

// lastProgress returns when something last began that may still come to a good end: a pod that was made, or a container
// that was started. What was in the way before that is over.
func lastProgress(s Symptoms) time.Time {
	progress := s.Since
	note := func(moment time.Time) {
		if moment.After(progress) {
			progress = moment
		}
	}
	for _, pod := range s.Pods {
		note(pod.CreationTimestamp.Time)
		for _, status := range containers(pod) {
			if status.State.Running != nil && !status.Ready {
				note(status.State.Running.StartedAt.Time)
			}
		}
	}
	return progress
}

// Refusal names the cause behind an error or event in which the cluster refused an object. The zero Cause means that
// the text speaks of no refusal.
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
			Sure:    true,
		}
	case strings.Contains(text, "usage per Container is"), strings.Contains(text, "usage per Pod is"):
		return Cause{
			Reason:  v1alpha1.ReasonQuotaExceeded,
			Message: "A container does not fit the limits of the store's namespace: " + detail(text, "forbidden"),
			Fix:     "Raise the LimitRange or choose a larger plan",
			Sure:    true,
		}
	case strings.Contains(text, "is being terminated"):
		// The namespace is going; it is made anew.
		return Cause{}
	case refusesPods(text):
		return Cause{
			Reason:  v1alpha1.ReasonPodsForbidden,
			Message: "The cluster refuses the store's pods: " + detail(text, "is forbidden"),
			Fix:     "Change the policy that refuses them",
			Sure:    true,
		}
	case strings.Contains(text, "is forbidden"):
		return Cause{
			Reason:  v1alpha1.ReasonApplyFailed,
			Message: "The cluster refuses what the store needs: " + brief(text),
			Fix:     "Change the policy or give the right that is named",
			Sure:    true,
		}
	}
	return Cause{}
}

// refusesPods reports whether a refusal is one of pods.
func refusesPods(text string) bool {
	return regexp.MustCompile(`\bpods( "[^"]*")? is forbidden`).MatchString(text)
}

// detail returns what follows mark in text, on one line and short enough for a condition.
func detail(text, mark string) string {
	if _, after, found := strings.Cut(text, mark); found {
		text = strings.TrimLeft(after, ": ")
	}
	return brief(text)
}

// brief puts a text on one line of at most 200 characters, without a full stop.
func brief(text string) string {
	const longest = 200
	characters := []rune(strings.TrimSuffix(strings.Join(strings.Fields(text), " "), "."))
	if len(characters) > longest {
		return string(characters[:longest-1]) + "…"
	}
	return string(characters)
}
