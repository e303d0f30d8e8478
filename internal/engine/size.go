package engine

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Size is what a plan gives to a store.
type Size struct {
	Containers                      []Container
	DatabaseStorage, UploadsStorage string
}

// Container is one container of one component. Names are unique in a store.
type Container struct {
	Component, Name string
	// Rolls says that its successor runs beside it during an update.
	Rolls     bool
	Resources Resources
}

// Resources are those of one container. CPU requests are small because a shop idles most of its life; CPU limits are
// generous because a throttled boot is what an owner waits for.
type Resources struct {
	CPURequest, CPULimit, MemoryRequest, MemoryLimit string
}

// resources returns a container's resources as a chart takes them.
func (s Size) resources(name string) map[string]any {
	at := slices.IndexFunc(s.Containers, func(c Container) bool { return c.Name == name })
	r := s.Containers[at].Resources
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

// Total adds a plan up. What rolls counts twice, so that an update fits in.
func (s Size) Total() Total {
	total := Total{Pods: 10, Claims: 4}
	add := func(sum *resource.Quantity, value string) resource.Quantity {
		quantity := resource.MustParse(value)
		sum.Add(quantity)
		return quantity
	}
	for _, container := range s.Containers {
		times := 1
		if container.Rolls {
			times = 2
		}
		for range times {
			add(&total.CPURequest, container.Resources.CPURequest)
			add(&total.MemoryRequest, container.Resources.MemoryRequest)
			if cpu := add(&total.CPULimit, container.Resources.CPULimit); cpu.Cmp(total.LargestCPU) > 0 {
				total.LargestCPU = cpu
			}
			if memory := add(&total.MemoryLimit, container.Resources.MemoryLimit); memory.Cmp(total.LargestMemory) > 0 {
				total.LargestMemory = memory
			}
		}
	}
	add(&total.Storage, s.DatabaseStorage)
	add(&total.Storage, s.UploadsStorage)
	return total
}
