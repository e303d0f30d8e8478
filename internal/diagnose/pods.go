package diagnose

import (
	"fmt"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"

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
			ended := lastEnd(status)
			if status.Ready || ended == nil || ended.Reason != "OOMKilled" {
				continue
			}
			return Cause{
				Reason:  v1alpha1.ReasonOutOfMemory,
				Message: fmt.Sprintf("Container %s of %s was killed for using more memory than its limit", status.Name, component(pod)),
				Fix:     "Choose a larger plan",
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
			ended := lastEnd(status)
			if status.Ready || ended == nil || ended.ExitCode == 0 || !noRoom.MatchString(ended.Message) {
				continue
			}
			return Cause{
				Reason:  v1alpha1.ReasonVolumeFull,
				Message: fmt.Sprintf("The volume of %s is full, so container %s cannot run", component(pod), status.Name),
				Fix:     "Enlarge the volume, or delete what is not needed on it",
				Sure:    status.RestartCount >= crashes,
			}
		}
	}
	return Cause{}
}

// crash looks for containers that end when they should run.
func crash(s Symptoms) Cause {
	for _, pod := range s.Pods {
		for _, status := range containers(pod) {
			ended := lastEnd(status)
			if status.Ready || ended == nil || ended.ExitCode == 0 {
				continue
			}
			return Cause{
				Reason: v1alpha1.ReasonCrashLooping,
				Message: fmt.Sprintf("Container %s of %s ends with exit code %d, %d times so far",
					status.Name, component(pod), ended.ExitCode, status.RestartCount),
				Fix:  "Look at the logs of its last run",
				Sure: status.RestartCount >= crashes,
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
			event, failing := latest(s.Events, "Pod", pod.Name, "Unhealthy")
			if !failing {
				continue
			}
			return Cause{
				Reason:  v1alpha1.ReasonProbeFailing,
				Message: fmt.Sprintf("Container %s of %s runs but does not answer: %s", status.Name, component(pod), brief(event.Message)),
				Fix:     "Look at its logs",
			}
		}
	}
	return Cause{}
}

// containers returns the states of all containers of a pod that is not on its way out.
func containers(pod corev1.Pod) []corev1.ContainerStatus {
	if !pod.DeletionTimestamp.IsZero() {
		return nil
	}
	return slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
}

// lastEnd returns how a container last ended, nil if it never did.
func lastEnd(status corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if status.State.Terminated != nil {
		return status.State.Terminated
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
