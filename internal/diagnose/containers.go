package diagnose

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// component returns the name by which people know a pod.
func component(pod corev1.Pod) string {
	if name := pod.Labels[v1alpha1.LabelComponent]; name != "" {
		return name
	}
	return pod.Name
}

// containers returns the states of all containers of a pod that is not being deleted.
func containers(pod corev1.Pod) []corev1.ContainerStatus {
	if !pod.DeletionTimestamp.IsZero() {
		return nil
	}
	return slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
}

// lastExit returns how a container last exited, nil if it never did. A container that has been running for long since then has another
// problem now: the kubelet kills what does not respond, and what does not respond after that still does not.
func lastExit(s Symptoms, status corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if status.State.Terminated != nil {
		return status.State.Terminated
	}
	if running := status.State.Running; running != nil && s.Now.Sub(running.StartedAt.Time) >= progressDeadline {
		return nil
	}
	return status.LastTerminationState.Terminated
}

// restarts says how often a container was restarted.
func restarts(count int32) string {
	if count == 1 {
		return "1 restart"
	}
	return fmt.Sprintf("%d restarts", count)
}

// chainOf leads from the workload of a pod to the pod and on to the links.
func chainOf(pod corev1.Pod, links ...Link) []Link {
	chain := []Link{}
	if owner := metav1.GetControllerOf(&pod); owner != nil {
		kind, name := owner.Kind, owner.Name
		if kind == "ReplicaSet" { // People know its Deployment, which is named like the component.
			kind, name = "Deployment", component(pod)
		}
		chain = append(chain, Link{kind, name, ""})
	}
	return append(append(chain, Link{"Pod", pod.Name, string(pod.Status.Phase)}), links...)
}

func unreadyLink(status corev1.ContainerStatus) Link {
	return Link{"Container", status.Name, "running, not ready"}
}
