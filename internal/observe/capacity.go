package observe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/stores"
)

// Capacity is what the cluster has, and what the stores request of it.
type Capacity struct {
	Nodes []Node
	// CPU is in thousandths of a core, memory and storage in bytes.
	CPU, Memory, Storage, Pods int64
}

// Node is a machine of the cluster.
type Node struct {
	Name              string
	Ready             bool
	CPU, Memory, Pods int64
	// UsedCPU and UsedMemory are nil where the cluster does not measure them.
	UsedCPU, UsedMemory *int64
}

// Capacity returns what the cluster has, and what the stores request of it.
func (o *Observer) Capacity(ctx context.Context) (Capacity, error) {
	var nodes corev1.NodeList
	if err := o.objects.List(ctx, &nodes); err != nil {
		return Capacity{}, stores.FromKubernetes(fmt.Errorf("list nodes: %w", err))
	}
	var quotas corev1.ResourceQuotaList
	if err := o.objects.List(ctx, &quotas, client.HasLabels{v1alpha1.LabelStore}); err != nil {
		return Capacity{}, stores.FromKubernetes(fmt.Errorf("list quotas: %w", err))
	}
	used, err := o.measure(ctx, metricsAPI+"/nodes")
	if err != nil {
		used = nil // Without metrics-server the rest is still worth showing.
	}
	var capacity Capacity
	for i := range nodes.Items {
		capacity.Nodes = append(capacity.Nodes, nodeOf(&nodes.Items[i], used))
	}
	slices.SortFunc(capacity.Nodes, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	for _, quota := range quotas.Items {
		sum := func(name corev1.ResourceName) int64 { value := quota.Status.Used[name]; return value.Value() }
		cpu := quota.Status.Used[corev1.ResourceRequestsCPU]
		capacity.CPU += cpu.MilliValue()
		capacity.Memory += sum(corev1.ResourceRequestsMemory)
		capacity.Storage += sum(corev1.ResourceRequestsStorage)
		capacity.Pods += sum(corev1.ResourcePods)
	}
	return capacity, nil
}

func nodeOf(node *corev1.Node, used map[string]measurement) Node {
	can := node.Status.Allocatable
	shown := Node{Name: node.Name, CPU: can.Cpu().MilliValue(), Memory: can.Memory().Value(), Pods: can.Pods().Value()}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			shown.Ready = condition.Status == corev1.ConditionTrue
		}
	}
	if now, ok := used[node.Name]; ok {
		shown.UsedCPU, shown.UsedMemory = &now.cpu, &now.memory
	}
	return shown
}
