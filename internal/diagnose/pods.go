package diagnose

import (
	"fmt"
	"regexp"
	"strings"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// database is the component that all others wait for.
const database = "database"

// missingImage finds images that cannot be pulled.
func missingImage(s Symptoms) Cause {
	var unsure Cause
	for _, pod := range s.Pods {
		for _, status := range containers(pod) {
			waiting := status.State.Waiting
			if waiting == nil {
				continue
			}
			cause := Cause{
				Reason:  v1alpha1.ReasonImagePullFailed,
				Message: fmt.Sprintf("Cannot pull image %s for %s (%s)", status.Image, component(pod), waiting.Reason),
				Fix:     "Load the image into the cluster or fix its name in the catalog",
				Chain:   chainOf(pod, Link{"Container", status.Name, brief(waiting.Reason + ": " + waiting.Message)}),
			}
			switch waiting.Reason {
			case "ErrImageNeverPull", "InvalidImageName":
				cause.Outlook = NeedsAction
				return cause
			case "ImagePullBackOff":
				cause.Outlook = Retrying
				if strings.Contains(waiting.Message, ": not found") {
					cause.Message = fmt.Sprintf("Cannot pull image %s for %s: not found", status.Image, component(pod))
					cause.Outlook = NeedsAction
				}
				return cause
			case "ErrImagePull", "ImageInspectError", "RegistryUnavailable":
				unsure = cause
			}
		}
	}
	return unsure
}

// outOfMemory finds containers that were killed because they exceeded their memory limit.
func outOfMemory(s Symptoms) Cause {
	for _, pod := range s.Pods {
		for _, status := range containers(pod) {
			exit := lastExit(s, status)
			if status.Ready || exit == nil || exit.Reason != "OOMKilled" {
				continue
			}
			return Cause{
				Reason:  v1alpha1.ReasonOutOfMemory,
				Message: fmt.Sprintf("Container %s of %s was killed because it exceeded its memory limit", status.Name, component(pod)),
				Fix:     "Choose a larger plan",
				Chain:   chainOf(pod, exitLink(status, exit)),
				Outlook: Retrying.when(status.RestartCount >= maxRestarts),
			}
		}
	}
	return Cause{}
}

var noSpace = regexp.MustCompile(`(?i)no space left on device|disk quota exceeded|disk is full|out of disk space`)

// fullVolume finds containers that exit because their volume is full. Their charts make the last lines of a log the container's
// termination message.
func fullVolume(s Symptoms) Cause {
	for _, pod := range s.Pods {
		for _, status := range containers(pod) {
			exit := lastExit(s, status)
			if status.Ready || exit == nil || exit.ExitCode == 0 || !noSpace.MatchString(exit.Message) {
				continue
			}
			return Cause{
				Reason:  v1alpha1.ReasonVolumeFull,
				Message: fmt.Sprintf("The volume of %s is full, so container %s cannot run", component(pod), status.Name),
				Fix:     "Enlarge the volume or delete data that is not needed",
				Chain:   chainOf(pod, exitLink(status, exit)),
				Outlook: NeedsAction.when(status.RestartCount >= maxRestarts),
			}
		}
	}
	return Cause{}
}

// failedInit finds init containers that fail.
func failedInit(s Symptoms) Cause {
	for _, pod := range s.Pods {
		for i, status := range pod.Status.InitContainerStatuses {
			exit := lastExit(s, status)
			if !pod.DeletionTimestamp.IsZero() || status.Ready || exit == nil || exit.ExitCode == 0 {
				continue
			}
			return Cause{
				Reason: v1alpha1.ReasonInitFailed,
				Message: fmt.Sprintf("Init container %s of %s (%d of %d) fails with exit code %d%s",
					status.Name, component(pod), i+1, len(pod.Status.InitContainerStatuses), exit.ExitCode, quoteError(exit)),
				Fix:     "Fix the error that it names, or check its logs; then retry",
				Chain:   chainOf(pod, exitLink(status, exit)),
				Outlook: Retrying.when(status.RestartCount >= maxRestarts),
			}
		}
	}
	return Cause{}
}

// crashLoop finds containers that exit although they should run.
func crashLoop(s Symptoms) Cause {
	for _, pod := range s.Pods {
		for _, status := range containers(pod) {
			exit := lastExit(s, status)
			looping := status.State.Waiting != nil && status.State.Waiting.Reason == "CrashLoopBackOff" // Whatever the exit code is.
			if status.Ready || exit == nil || (exit.ExitCode == 0 && !looping) {
				continue
			}
			return Cause{
				Reason:  v1alpha1.ReasonCrashLooping,
				Message: ending(s, pod, status, exit),
				Fix:     "Fix the error that it names, or check the logs of its last run; then retry",
				Chain:   chainOf(pod, exitLink(status, exit)),
				Outlook: Retrying.when(status.RestartCount >= maxRestarts),
			}
		}
	}
	return Cause{}
}

// silentDatabase finds a database that runs but does not respond. The components that wait for it exit again and again, or do not
// respond either, so it comes before them. It is certain once it has had its time, whatever the others do.
func silentDatabase(s Symptoms) Cause {
	for _, pod := range s.Pods {
		if component(pod) != database || !pod.DeletionTimestamp.IsZero() {
			continue
		}
		for _, status := range pod.Status.ContainerStatuses {
			event, failing := latest(s.Events, "Pod", pod.Name, "Unhealthy")
			if status.Ready || status.State.Running == nil || lastExit(s, status) != nil || !failing {
				continue
			}
			overdue := s.Now.Sub(status.State.Running.StartedAt.Time) >= progressDeadline && s.Now.Sub(s.Since) >= progressDeadline
			return Cause{
				Reason:  v1alpha1.ReasonDatabaseNotReady,
				Message: "The database is running but not responding, and the other components wait for it: " + brief(event.Message),
				Fix:     "Check the logs of the database",
				Chain:   chainOf(pod, unreadyLink(status), Link{"Event", event.Reason, brief(event.Message)}),
				Outlook: Retrying.when(overdue),
			}
		}
	}
	return Cause{}
}

// failingProbe finds containers that run but do not respond. Every start looks like that, so it is not certain on its own.
func failingProbe(s Symptoms) Cause {
	for _, pod := range s.Pods {
		for _, status := range pod.Status.ContainerStatuses {
			if status.Ready || status.State.Running == nil {
				continue
			}
			if event, failing := latest(s.Events, "Pod", pod.Name, "Unhealthy"); failing {
				return Cause{
					Reason:  v1alpha1.ReasonProbeFailing,
					Message: fmt.Sprintf("Container %s of %s is running but not responding: %s", status.Name, component(pod), brief(event.Message)),
					Fix:     "Check its logs",
					Chain:   chainOf(pod, unreadyLink(status), Link{"Event", event.Reason, brief(event.Message)}),
				}
			}
		}
	}
	return Cause{}
}
