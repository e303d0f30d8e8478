package engine

import (
	"k8s.io/apimachinery/pkg/api/resource"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// Size is what a plan gives to a store.
type Size struct {
	Server, Worker, Database, Cache Resources
	DatabaseStorage, UploadsStorage string
}

// Resources are those of one container. CPU requests are small because a shop idles most of its life; CPU limits are
// generous because a throttled boot is what an owner waits for.
type Resources struct {
	CPURequest, CPULimit, MemoryRequest, MemoryLimit string
}

// sizes returns the plans.
func sizes() map[v1alpha1.Plan]Size {
	return map[v1alpha1.Plan]Size{
		v1alpha1.PlanSmall: {
			Server:          Resources{"50m", "2", "288Mi", "512Mi"},
			Worker:          Resources{"20m", "2", "224Mi", "384Mi"},
			Database:        Resources{"30m", "2", "64Mi", "256Mi"},
			Cache:           Resources{"20m", "1", "24Mi", "96Mi"},
			DatabaseStorage: "1Gi",
			UploadsStorage:  "1Gi",
		},
		v1alpha1.PlanMedium: {
			Server:          Resources{"200m", "2", "384Mi", "768Mi"},
			Worker:          Resources{"50m", "2", "256Mi", "512Mi"},
			Database:        Resources{"100m", "2", "256Mi", "512Mi"},
			Cache:           Resources{"30m", "1", "32Mi", "128Mi"},
			DatabaseStorage: "5Gi",
			UploadsStorage:  "5Gi",
		},
		v1alpha1.PlanLarge: {
			Server:          Resources{"500m", "4", "512Mi", "1Gi"},
			Worker:          Resources{"100m", "2", "384Mi", "768Mi"},
			Database:        Resources{"500m", "4", "512Mi", "2Gi"},
			Cache:           Resources{"50m", "1", "64Mi", "256Mi"},
			DatabaseStorage: "20Gi",
			UploadsStorage:  "20Gi",
		},
	}
}

// values returns the resources as a chart takes them.
func (r Resources) values() map[string]any {
	return map[string]any{
		"requests": map[string]any{"cpu": r.CPURequest, "memory": r.MemoryRequest},
		"limits":   map[string]any{"cpu": r.CPULimit, "memory": r.MemoryLimit},
	}
}

// Total is the most that a store may ever hold at one time.
type Total struct {
	CPURequest, CPULimit, MemoryRequest, MemoryLimit, Storage resource.Quantity
	// LargestCPU and LargestMemory are the limits of the largest container.
	LargestCPU, LargestMemory resource.Quantity
	Pods, Claims              int64
}

// Total adds a plan up. Server and worker count twice, so that a rolling update fits in.
func (s Size) Total() Total {
	total := Total{Pods: 10, Claims: 4}
	add := func(sum *resource.Quantity, value string) resource.Quantity {
		quantity := resource.MustParse(value)
		sum.Add(quantity)
		return quantity
	}
	for _, r := range []Resources{s.Server, s.Server, s.Worker, s.Worker, s.Database, s.Cache} {
		add(&total.CPURequest, r.CPURequest)
		add(&total.MemoryRequest, r.MemoryRequest)
		if cpu := add(&total.CPULimit, r.CPULimit); cpu.Cmp(total.LargestCPU) > 0 {
			total.LargestCPU = cpu
		}
		if memory := add(&total.MemoryLimit, r.MemoryLimit); memory.Cmp(total.LargestMemory) > 0 {
			total.LargestMemory = memory
		}
	}
	add(&total.Storage, s.DatabaseStorage)
	add(&total.Storage, s.UploadsStorage)
	return total
}
