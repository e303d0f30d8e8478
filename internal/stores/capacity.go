package stores

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// controllerLease is the lease by which one controller leads.
const controllerLease = "shopflow-controller"

// Plan is a size of stores.
type Plan struct {
	Name, Description string
	Sizes             []PlanSize
}

// PlanSize is what a store of an engine gets by a plan.
type PlanSize struct {
	Engine v1alpha1.Engine
	// CPU is in thousandths of a core, memory and storage in bytes.
	CPU, Memory, Storage int64
}

// Plans returns the plans, the smallest first.
func (s *Service) Plans() []Plan { return s.platform.Plans }

// Capacity is what the cluster has, and what the stores take.
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

// Capacity returns what the cluster has, and what the stores have asked it for.
func (s *Service) Capacity(ctx context.Context) (Capacity, error) {
	var nodes corev1.NodeList
	if err := s.objects.List(ctx, &nodes); err != nil {
		return Capacity{}, translate(fmt.Errorf("list nodes: %w", err))
	}
	var quotas corev1.ResourceQuotaList
	if err := s.objects.List(ctx, &quotas, client.HasLabels{v1alpha1.LabelStore}); err != nil {
		return Capacity{}, translate(fmt.Errorf("list quotas: %w", err))
	}
	used, err := s.measure(ctx, metricsAPI+"/nodes")
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

// Heartbeat is what is known of the controller.
type Heartbeat struct {
	Alive bool
	// LastSeen is when it last said that it is there; zero if it never did.
	LastSeen time.Time
}

// Controller says whether somebody works on the stores: the leading controller renews its lease all the time.
func (s *Service) Controller(ctx context.Context) (Heartbeat, error) {
	var lease coordinationv1.Lease
	err := s.objects.Get(ctx, client.ObjectKey{Namespace: s.platform.Namespace, Name: controllerLease}, &lease)
	if apierrors.IsNotFound(err) {
		return Heartbeat{}, nil
	}
	if err != nil {
		return Heartbeat{}, translate(fmt.Errorf("read the controller's lease: %w", err))
	}
	if lease.Spec.RenewTime == nil || lease.Spec.LeaseDurationSeconds == nil {
		return Heartbeat{}, nil
	}
	last := lease.Spec.RenewTime.Time
	lasts := time.Duration(*lease.Spec.LeaseDurationSeconds) * time.Second
	held := lease.Spec.HolderIdentity != nil && *lease.Spec.HolderIdentity != ""
	return Heartbeat{Alive: held && s.platform.Clock.Now().Before(last.Add(lasts)), LastSeen: last}, nil
}
