package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	podresource "k8s.io/component-helpers/resource"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
)

// room is what a node still has for the requests of pods, in thousandths of a core and in bytes.
type room struct {
	node        string
	cpu, memory int64
}

// demand is what a pod requests that a change makes.
type demand struct {
	component   string
	cpu, memory int64
	// replaces tells that the pod that is there goes first, on a node, and gives back what it has.
	replaces bool
	node     string
	back     corev1.ResourceList
}

// shortage returns an error that names the first pod which no node has room for, nil if all fit. Pods that are replaced come first,
// and of the others the largest: what has found no place then would not find one at all, or at the cost of a pod that runs.
func shortage(rooms []room, demands []demand) error {
	if len(rooms) == 0 {
		return nil // A cluster that shows no nodes brings them when there are pods.
	}
	free := slices.Clone(rooms)
	demands = slices.Clone(demands)
	slices.SortStableFunc(demands, func(a, b demand) int {
		if a.replaces != b.replaces {
			if a.replaces {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.memory, a.memory)
	})
	for _, d := range demands {
		for i := range free {
			if d.replaces && free[i].node == d.node {
				free[i].cpu += d.back.Cpu().MilliValue()
				free[i].memory += d.back.Memory().Value()
			}
		}
		fits := func(r room) bool { return r.cpu >= d.cpu && r.memory >= d.memory }
		at := slices.IndexFunc(free, fits)
		if at < 0 {
			return fmt.Errorf("no node has room for the %s of this plan, which requests %s of CPU and %s of memory",
				d.component, resource.NewMilliQuantity(d.cpu, resource.DecimalSI), resource.NewQuantity(d.memory, resource.BinarySI))
		}
		free[at].cpu -= d.cpu
		free[at].memory -= d.memory
	}
	return nil
}

// checkCapacity returns an error if the cluster has no room for what a store would run in another size. Without it, a database would
// be stopped to find that its successor cannot start.
func (r *Reconciler) checkCapacity(ctx context.Context, namespace string, size engine.Size) error {
	var nodes corev1.NodeList
	if err := r.Live.List(ctx, &nodes); err != nil {
		return fmt.Errorf("list nodes: %w", err)
	}
	var pods corev1.PodList
	if err := r.Live.List(ctx, &pods); err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	if err := shortage(rooms(nodes.Items, pods.Items), demands(pods.Items, namespace, size)); err != nil {
		return &refusal{err}
	}
	return nil
}

// refusal means that a change cannot be made, as opposed to not finding out.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

// rooms returns what the nodes that take pods still have.
func rooms(nodes []corev1.Node, pods []corev1.Pod) []room {
	var found []room
	for _, node := range nodes {
		if node.Spec.Unschedulable {
			continue
		}
		free := room{node: node.Name, cpu: node.Status.Allocatable.Cpu().MilliValue(), memory: node.Status.Allocatable.Memory().Value()}
		for i := range pods {
			if pods[i].Spec.NodeName == node.Name && !hasEnded(&pods[i]) {
				requests := podresource.PodRequests(&pods[i], podresource.PodResourcesOptions{})
				free.cpu -= requests.Cpu().MilliValue()
				free.memory -= requests.Memory().Value()
			}
		}
		found = append(found, free)
	}
	return found
}

// demands returns the pods of a store in a size, one for each component. They take the place of those that are there, except where
// both run beside each other for a while.
func demands(pods []corev1.Pod, namespace string, size engine.Size) []demand {
	var all []demand
	for _, container := range size.Containers {
		at := slices.IndexFunc(all, func(d demand) bool { return d.component == container.Component })
		if at < 0 {
			at = len(all)
			all = append(all, demand{component: container.Component, replaces: !container.Rolls})
		}
		cpu, memory := quantity(container.Resources.CPURequest), quantity(container.Resources.MemoryRequest)
		all[at].cpu += cpu.MilliValue()
		all[at].memory += memory.Value()
	}
	for i := range all {
		for j := range pods {
			pod := &pods[j]
			if all[i].replaces && pod.Namespace == namespace && pod.Labels[v1alpha1.LabelComponent] == all[i].component && !hasEnded(pod) {
				all[i].node = pod.Spec.NodeName
				all[i].back = podresource.PodRequests(pod, podresource.PodResourcesOptions{})
			}
		}
	}
	return all
}

func quantity(text string) resource.Quantity {
	parsed, err := resource.ParseQuantity(text)
	if err != nil {
		return resource.Quantity{} // A plan that says nothing requests nothing.
	}
	return parsed
}

func hasEnded(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}
