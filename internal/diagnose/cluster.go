package diagnose

import (
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// forbidden looks for workloads whose pods the cluster refuses to create.
func forbidden(s Symptoms) Cause {
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
			// All its pods are there, so whatever its events say is over.
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

// volume looks for claims that no volume can be made for.
func volume(s Symptoms) Cause {
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
				Message: fmt.Sprintf("Volume %s cannot be made: there is no StorageClass %q", claim.Name, class),
				Fix:     "Create the StorageClass, or name another one in the platform's values",
				Chain:   chain,
				Sure:    true,
			}
		}
		return Cause{
			Reason:  v1alpha1.ReasonVolumeNotBound,
			Message: fmt.Sprintf("Volume %s cannot be made: %s", claim.Name, brief(event.Message)),
			Fix:     fmt.Sprintf("Look at the provisioner of StorageClass %q", class),
			Chain:   chain,
			Sure:    s.Now.Sub(s.Since) > unschedulableFor,
		}
	}
	return Cause{}
}

// unschedulable looks for pods that fit on no node.
func unschedulable(s Symptoms) Cause {
	for _, pod := range s.Pods {
		for _, condition := range pod.Status.Conditions {
			if condition.Type != corev1.PodScheduled || condition.Status != corev1.ConditionFalse ||
				condition.Reason != corev1.PodReasonUnschedulable {
				continue
			}
			// Why nothing gives way for the pod is of no use to anybody: stores never do.
			said, _, _ := strings.Cut(condition.Message, " preemption:")
			said = brief(said)
			cause := Cause{
				Reason:  v1alpha1.ReasonUnschedulable,
				Message: fmt.Sprintf("No node has room for pod %s: %s", component(pod), said),
				Fix:     "Add a node, or delete what is not needed",
				Chain:   chainOf(pod, Link{"Event", "FailedScheduling", said}),
				Sure:    s.Now.Sub(condition.LastTransitionTime.Time) > unschedulableFor,
			}
			text := strings.ToLower(condition.Message)
			switch {
			case strings.Contains(text, "insufficient cpu"):
				cause.Message = fmt.Sprintf("No node has enough free CPU for %s: %s", component(pod), said)
				cause.Fix = "Add a node, delete a store that is not needed, or choose a smaller plan"
			case strings.Contains(text, "insufficient memory"):
				cause.Message = fmt.Sprintf("No node has enough free memory for %s: %s", component(pod), said)
				cause.Fix = "Add a node, delete a store that is not needed, or choose a smaller plan"
			case strings.Contains(text, "too many pods"):
				cause.Message = fmt.Sprintf("No node takes another pod for %s: %s", component(pod), said)
			}
			if strings.Contains(text, "persistentvolumeclaim") || strings.Contains(text, "storageclass") {
				cause.Reason = v1alpha1.ReasonVolumeNotBound
				cause.Message = fmt.Sprintf("Pod %s waits for its volume: %s", component(pod), said)
				cause.Fix = "Look at the namespace's claims and their StorageClass"
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
		if !found || seen(event).After(seen(newest)) {
			newest, found = event, true
		}
	}
	return newest, found
}

// seen returns when an event was last seen, by whichever of its fields the reporter filled in.
func seen(event corev1.Event) time.Time {
	switch {
	case event.Series != nil:
		return event.Series.LastObservedTime.Time
	case !event.LastTimestamp.IsZero():
		return event.LastTimestamp.Time
	default:
		return event.EventTime.Time
	}
}
