package engine

import "k8s.io/apimachinery/pkg/api/resource"

// Size is what a plan gives to a store.
type Size struct {
	Containers []Container
	// DatabaseStorage and UploadsStorage are the sizes of the volumes; empty means that there is none.
	DatabaseStorage, UploadsStorage string
}

// Container is one container of one component. Names are unique in a store.
type Container struct {
	Component, Name string
	// Rolls says that its successor runs beside it during an update, as in a Deployment.
	Rolls     bool
	Resources Resources
}

// Resources are those of one container. CPU requests are small because a shop idles most of its life; CPU limits are
// generous because a throttled start is what an owner waits for.
type Resources struct {
	CPURequest, CPULimit, MemoryRequest, MemoryLimit string
}

// values returns a component's section of the chart's values: the resources of its container or, where it has several, of each
// by its name, and the number of replicas of what can have more than one.
func (s Size) values(component string) map[string]any {
	values, resources := map[string]any{}, map[string]any{}
	for _, container := range s.Containers {
		if container.Component != component {
			continue
		}
		resources[container.Name] = container.Resources.values()
		if container.Rolls {
			values["replicas"] = 1
		}
	}
	values["resources"] = resources
	if own, ok := resources[component]; ok && len(resources) == 1 {
		values["resources"] = own
	}
	return values
}

func (r Resources) values() map[string]any {
	return map[string]any{
		"requests": map[string]any{"cpu": r.CPURequest, "memory": r.MemoryRequest},
		"limits":   map[string]any{"cpu": r.CPULimit, "memory": r.MemoryLimit},
	}
}

// Total is the most that a store may ever hold at once.
type Total struct {
	CPURequest, CPULimit, MemoryRequest, MemoryLimit, Storage resource.Quantity
	// LargestCPU and LargestMemory are the limits of the largest container.
	LargestCPU, LargestMemory resource.Quantity
	Pods, Claims              int64
}

// Total adds a plan up. What rolls counts twice, so that an update fits in.
func (s Size) Total() Total {
	total := Total{Pods: 10, Claims: 4, Storage: s.storage()}
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
	return total
}

// Most returns the CPU, memory and storage that a store of the size may use when nothing is being updated.
func (s Size) Most() (cpu, memory, storage resource.Quantity) {
	for _, container := range s.Containers {
		cpu.Add(resource.MustParse(container.Resources.CPULimit))
		memory.Add(resource.MustParse(container.Resources.MemoryLimit))
	}
	return cpu, memory, s.storage()
}

func (s Size) storage() resource.Quantity {
	var sum resource.Quantity
	for _, volume := range []string{s.DatabaseStorage, s.UploadsStorage} {
		if volume != "" {
			sum.Add(resource.MustParse(volume))
		}
	}
	return sum
}
