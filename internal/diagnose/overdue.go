package diagnose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// overdue names the first pod that is not ready, where nothing else is known.
func overdue(s Symptoms) Cause {
	cause := Cause{
		Reason:  v1alpha1.ReasonDeadlineExceeded,
		Message: "Not ready after " + progressDeadline.String(),
		Fix:     "Check the logs and events of the store's components",
	}
	for _, pod := range s.Pods {
		ready := slices.ContainsFunc(pod.Status.Conditions, func(condition corev1.PodCondition) bool {
			return condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue
		})
		if ready || !pod.DeletionTimestamp.IsZero() {
			continue
		}
		cause.Message = fmt.Sprintf("The pod of %s is not ready after %s (%s)", component(pod), progressDeadline, strings.ToLower(string(pod.Status.Phase)))
		cause.Chain = chainOf(pod)
		if hint := hintOf(s, pod); hint.Name != "" {
			cause.Message += ": " + hint.Message
			cause.Chain = append(cause.Chain, hint)
		}
		return cause
	}
	return cause
}

// hintOf says what is known of a pod that waits: why it has no node, or else what the cluster last warned about, or what its container
// waits for.
func hintOf(s Symptoms, pod corev1.Pod) Link {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status != corev1.ConditionTrue {
			return Link{"Condition", condition.Reason, brief(condition.Message)}
		}
	}
	if event, warned := latest(s.Events, "Pod", pod.Name, ""); warned {
		return Link{"Event", event.Reason, brief(event.Message)}
	}
	for _, status := range containers(pod) {
		if waiting := status.State.Waiting; waiting != nil {
			return Link{"Container", status.Name, brief(waiting.Reason + " " + waiting.Message)}
		}
	}
	return Link{}
}
