package diagnose

import (
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// forbiddenPods finds workloads whose pods the cluster refuses to create.
func forbiddenPods(s Symptoms) Cause {
	for _, deployment := range s.Deployments {
		for _, condition := range deployment.Status.Conditions {
			if condition.Type == appsv1.DeploymentReplicaFailure && condition.Status == corev1.ConditionTrue {
				if cause := Refusal(condition.Message); cause.Reason != "" {
					cause.Chain = []Link{{"Deployment", deployment.Name, brief(condition.Message)}}
					return cause
				}
			}
		}
	}
	for _, set := range s.StatefulSets {
		if set.Spec.Replicas != nil && set.Status.Replicas >= *set.Spec.Replicas {
			// All its pods exist, so its events are outdated.
			continue
		}
		if event, ok := latest(s.Events, "StatefulSet", set.Name, "FailedCreate"); ok {
			if cause := Refusal(event.Message); cause.Reason != "" {
				cause.Chain = []Link{{"StatefulSet", set.Name, ""}, {"Event", event.Reason, brief(event.Message)}}
				return cause
			}
		}
	}
	return Cause{}
}

// unboundVolume finds claims that no volume can be created for.
func unboundVolume(s Symptoms) Cause {
	for _, claim := range s.Claims {
		if claim.Status.Phase == corev1.ClaimBound || !claim.DeletionTimestamp.IsZero() {
			continue
		}
		event, failed := latest(s.Events, "PersistentVolumeClaim", claim.Name, "ProvisioningFailed")
		if !failed {
			continue
		}
		chain := []Link{{"PersistentVolumeClaim", claim.Name, string(claim.Status.Phase)}, {"Event", event.Reason, brief(event.Message)}}
		class := ""
		if claim.Spec.StorageClassName != nil {
			class = *claim.Spec.StorageClassName
		}
		if strings.Contains(event.Message, "storageclass") && strings.Contains(event.Message, "not found") {
			return Cause{
				Reason:  v1alpha1.ReasonVolumeNotBound,
				Message: fmt.Sprintf("Cannot create volume %s: StorageClass %q not found", claim.Name, class),
				Fix:     "Create the StorageClass or set another one in the platform's values",
				Chain:   chain,
				Outlook: NeedsAction,
			}
		}
		return Cause{
			Reason:  v1alpha1.ReasonVolumeNotBound,
			Message: fmt.Sprintf("Cannot create volume %s: %s", claim.Name, brief(event.Message)),
			Fix:     fmt.Sprintf("Check the provisioner of StorageClass %q", class),
			Chain:   chain,
			Outlook: Retrying.when(s.Now.Sub(s.Since) > unschedulableFor),
		}
	}
	return Cause{}
}

// unschedulable finds pods that fit on no node.
func unschedulable(s Symptoms) Cause {
	for _, pod := range s.Pods {
		for _, condition := range pod.Status.Conditions {
			if condition.Type != corev1.PodScheduled || condition.Status != corev1.ConditionFalse ||
				condition.Reason != corev1.PodReasonUnschedulable {
				continue
			}
			// What the scheduler says about preemption does not matter: stores never preempt each other.
			detail, _, _ := strings.Cut(condition.Message, " preemption:")
			detail = brief(detail)
			cause := Cause{
				Reason:  v1alpha1.ReasonUnschedulable,
				Message: fmt.Sprintf("No node has room for pod %s: %s", component(pod), detail),
				Fix:     "Add a node or delete a store that is not needed",
				Chain:   chainOf(pod, Link{"Event", "FailedScheduling", detail}),
				Outlook: Retrying.when(s.Now.Sub(condition.LastTransitionTime.Time) > unschedulableFor),
			}
			text := strings.ToLower(condition.Message)
			switch {
			case strings.Contains(text, "insufficient cpu"):
				cause.Message = fmt.Sprintf("No node has enough free CPU for %s: %s", component(pod), detail)
				cause.Fix = "Add a node, delete a store that is not needed, or choose a smaller plan"
			case strings.Contains(text, "insufficient memory"):
				cause.Message = fmt.Sprintf("No node has enough free memory for %s: %s", component(pod), detail)
				cause.Fix = "Add a node, delete a store that is not needed, or choose a smaller plan"
			case strings.Contains(text, "too many pods"):
				cause.Message = fmt.Sprintf("No node accepts another pod for %s: %s", component(pod), detail)
			}
			if strings.Contains(text, "persistentvolumeclaim") || strings.Contains(text, "storageclass") {
				cause.Reason = v1alpha1.ReasonVolumeNotBound
				cause.Message = fmt.Sprintf("Pod %s waits for its volume: %s", component(pod), detail)
				cause.Fix = "Check the namespace's claims and their StorageClass"
			}
			return cause
		}
	}
	return Cause{}
}

// latest returns the newest event of a reason about an object, of any reason where it is empty.
func latest(events []corev1.Event, kind, name, reason string) (corev1.Event, bool) {
	var newest corev1.Event
	found := false
	for _, event := range events {
		if reason != "" && event.Reason != reason || event.InvolvedObject.Kind != kind || event.InvolvedObject.Name != name {
			continue
		}
		if !found || lastSeen(event).After(lastSeen(newest)) {
			newest, found = event, true
		}
	}
	return newest, found
}

// lastSeen returns when an event last occurred, from whichever field its reporter sets.
func lastSeen(event corev1.Event) time.Time {
	switch {
	case event.Series != nil:
		return event.Series.LastObservedTime.Time
	case !event.LastTimestamp.IsZero():
		return event.LastTimestamp.Time
	default:
		return event.EventTime.Time
	}
}
