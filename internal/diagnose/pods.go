package diagnose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// image looks for images that are not to be had.
func image(s Symptoms) Cause {
	var unsure Cause
	for _, pod := range s.Pods {
		for _, status := range containers(pod) {
			waiting := status.State.Waiting
			if waiting == nil {
				continue
			}
			cause := Cause{
				Reason:  v1alpha1.ReasonImagePullFailed,
				Message: fmt.Sprintf("Image %s of %s is not to be had (%s)", status.Image, component(pod), waiting.Reason),
				Fix:     "Load the image into the cluster, or correct its name in the catalogue",
				Chain:   chainOf(pod, Link{"Container", status.Name, brief(waiting.Reason + ": " + waiting.Message)}),
			}
			switch waiting.Reason {
			case "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName":
				cause.Sure = true
				return cause
			case "ErrImagePull", "ImageInspectError", "RegistryUnavailable":
				unsure = cause
			}
		}
	}
	return unsure
}

// memory looks for containers that were killed because they used more than they may.
func memory(s Symptoms) Cause {
	for _, pod := range s.Pods {
		for _, status := range containers(pod) {
			ended := lastEnd(s, status)
			if status.Ready || ended == nil || ended.Reason != "OOMKilled" {
				continue
			}
			return Cause{
				Reason:  v1alpha1.ReasonOutOfMemory,
				Message: fmt.Sprintf("Container %s of %s was killed for using more memory than its limit", status.Name, component(pod)),
				Fix:     "Choose a larger plan",
				Chain:   chainOf(pod, endOf(status, ended)),
				Sure:    status.RestartCount >= crashes,
			}
		}
	}
	return Cause{}
}

// full looks for containers that end because their volume has no room. Their charts let the last lines of their logs
// become the message that they end with.
func full(s Symptoms) Cause {
	noRoom := regexp.MustCompile(`(?i)no space left on device|disk quota exceeded|disk is full|out of disk space`)
	for _, pod := range s.Pods {
		for _, status := range containers(pod) {
			ended := lastEnd(s, status)
			if status.Ready || ended == nil || ended.ExitCode == 0 || !noRoom.MatchString(ended.Message) {
				continue
			}
			return Cause{
				Reason:  v1alpha1.ReasonVolumeFull,
				Message: fmt.Sprintf("The volume of %s is full, so container %s cannot run", component(pod), status.Name),
				Fix:     "Enlarge the volume, or delete what is not needed on it",
				Chain:   chainOf(pod, endOf(status, ended)),
				Sure:    status.RestartCount >= crashes,
			}
		}
	}
	return Cause{}
}

// initialise looks for steps before a container's start that fail.
func initialise(s Symptoms) Cause {
	for _, pod := range s.Pods {
		for i, status := range pod.Status.InitContainerStatuses {
			ended := lastEnd(s, status)
			if !pod.DeletionTimestamp.IsZero() || status.Ready || ended == nil || ended.ExitCode == 0 {
				continue
			}
			return Cause{
				Reason: v1alpha1.ReasonInitFailed,
				Message: fmt.Sprintf("Step %d of %d before the start of %s, %s, fails with exit code %d%s",
					i+1, len(pod.Status.InitContainerStatuses), component(pod), status.Name, ended.ExitCode, quoted(ended)),
				Fix:   "Put right what its last line says, or look at its logs; then try again",
				Chain: chainOf(pod, endOf(status, ended)),
				Sure:  status.RestartCount >= crashes,
			}
		}
	}
	return Cause{}
}

// crash looks for containers that end when they should run.
func crash(s Symptoms) Cause {
	for _, pod := range s.Pods {
		for _, status := range containers(pod) {
			ended := lastEnd(s, status)
			looping := status.State.Waiting != nil && status.State.Waiting.Reason == "CrashLoopBackOff" // Whatever the exit code says.
			if status.Ready || ended == nil || (ended.ExitCode == 0 && !looping) {
				continue
			}
			return Cause{
				Reason: v1alpha1.ReasonCrashLooping,
				Message: fmt.Sprintf("Container %s of %s ends with exit code %d, %d times so far%s",
					status.Name, component(pod), ended.ExitCode, status.RestartCount, quoted(ended)),
				Fix:   "Put right what its last line says, or look at the logs of its last run; then try again",
				Chain: chainOf(pod, endOf(status, ended)),
				Sure:  status.RestartCount >= crashes,
			}
		}
	}
	return Cause{}
}

// silent looks for a database that runs but does not answer. What waits for it ends again and again, or does not answer either, so it
// comes before them. It is sure once it has had its time, whatever the others do.
func silent(s Symptoms) Cause {
	for _, pod := range s.Pods {
		if component(pod) != database || !pod.DeletionTimestamp.IsZero() {
			continue
		}
		for _, status := range pod.Status.ContainerStatuses {
			event, failing := latest(s.Events, "Pod", pod.Name, "Unhealthy")
			if status.Ready || status.State.Running == nil || lastEnd(s, status) != nil || !failing {
				continue
			}
			return Cause{
				Reason:  v1alpha1.ReasonDatabaseNotReady,
				Message: "The database runs but does not answer, and everything waits for it: " + brief(event.Message),
				Fix:     "Look at the logs of the database",
				Chain:   chainOf(pod, unready(status), Link{"Event", event.Reason, brief(event.Message)}),
				Sure:    s.Now.Sub(status.State.Running.StartedAt.Time) >= Deadline && s.Now.Sub(s.Since) >= Deadline,
			}
		}
	}
	return Cause{}
}

// probe looks for containers that run but do not answer. That is how every start looks, so it is never sure by itself.
func probe(s Symptoms) Cause {
	for _, pod := range s.Pods {
		for _, status := range pod.Status.ContainerStatuses {
			if status.Ready || status.State.Running == nil {
				continue
			}
			if event, failing := latest(s.Events, "Pod", pod.Name, "Unhealthy"); failing {
				return Cause{
					Reason:  v1alpha1.ReasonProbeFailing,
					Message: fmt.Sprintf("Container %s of %s runs but does not answer: %s", status.Name, component(pod), brief(event.Message)),
					Fix:     "Look at its logs",
					Chain:   chainOf(pod, unready(status), Link{"Event", event.Reason, brief(event.Message)}),
				}
			}
		}
	}
	return Cause{}
}

func unready(status corev1.ContainerStatus) Link {
	return Link{"Container", status.Name, "runs, is not ready"}
}

// database is the component that all others wait for.
const database = "database"

// chainOf leads from the workload that made a pod over the pod to the links.
func chainOf(pod corev1.Pod, links ...Link) []Link {
	chain := []Link{}
	if owner := metav1.GetControllerOf(&pod); owner != nil {
		kind, name := owner.Kind, owner.Name
		if kind == "ReplicaSet" { // Nobody thinks of those: a Deployment makes them, and is called like the component.
			kind, name = "Deployment", component(pod)
		}
		chain = append(chain, Link{kind, name, ""})
	}
	return append(append(chain, Link{"Pod", pod.Name, string(pod.Status.Phase)}), links...)
}

// endOf says how a container last ended.
func endOf(status corev1.ContainerStatus, ended *corev1.ContainerStateTerminated) Link {
	return Link{"Container", status.Name, brief(fmt.Sprintf("%s, exit code %d: %s", ended.Reason, ended.ExitCode, lastLine(ended)))}
}

// quoted is the last thing that a container said before it ended, behind a colon.
func quoted(ended *corev1.ContainerStateTerminated) string {
	if line := lastLine(ended); line != "" {
		return ": " + brief(line)
	}
	return ""
}

// lastLine is the last line that says something: charts let the last lines of a log become the message that it ends with.
func lastLine(ended *corev1.ContainerStateTerminated) string {
	lines := strings.Split(strings.TrimSpace(ended.Message), "\n")
	for _, line := range slices.Backward(lines) {
		if strings.ContainsFunc(line, unicode.IsLetter) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// containers returns the states of all containers of a pod that is not on its way out.
func containers(pod corev1.Pod) []corev1.ContainerStatus {
	if !pod.DeletionTimestamp.IsZero() {
		return nil
	}
	return slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
}

// lastEnd returns how a container last ended, nil if it never did. A container that has run for long since then has another trouble
// now: the kubelet ends what does not answer, and what does not answer after that still does not.
func lastEnd(s Symptoms, status corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if status.State.Terminated != nil {
		return status.State.Terminated
	}
	if running := status.State.Running; running != nil && s.Now.Sub(running.StartedAt.Time) >= Deadline {
		return nil
	}
	return status.LastTerminationState.Terminated
}

// component returns what people call a pod.
func component(pod corev1.Pod) string {
	if name := pod.Labels["app.kubernetes.io/component"]; name != "" {
		return name
	}
	return pod.Name
}
