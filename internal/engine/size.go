package engine

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
)

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

// scale returns the part of a chart's values that says how large a store is, by component: replicas, resources and volumes.
func (e Engine) scale(size Size, storageClass string) map[string]any {
	values := e.resources(size)
	for _, container := range size.Containers {
		if section, ok := values[container.Component].(map[string]any); ok && container.Rolls {
			section["replicas"] = 1
		}
	}
	if database, ok := values[Database].(map[string]any); ok {
		database["storage"] = map[string]any{"size": size.DatabaseStorage, "className": storageClass}
	}
	if size.UploadsStorage != "" {
		values["uploads"] = map[string]any{"size": size.UploadsStorage, "className": storageClass, "accessModes": []any{"ReadWriteOnce"}}
	}
	return values
}

// resources returns the part of scale that can always be changed: each component's resources, those of its container or, where it
// has several, of each by its name.
func (e Engine) resources(size Size) map[string]any {
	values := map[string]any{}
	for _, component := range e.Components {
		all := map[string]any{}
		for _, container := range size.Containers {
			if container.Component == component.Name {
				all[container.Name] = container.Resources.values()
			}
		}
		if own, ok := all[component.Name]; ok && len(all) == 1 {
			values[component.Name] = map[string]any{"resources": own}
			continue
		}
		values[component.Name] = map[string]any{"resources": all}
	}
	return values
}

func (r Resources) values() map[string]any {
	return map[string]any{
		"requests": map[string]any{"cpu": r.CPURequest, "memory": r.MemoryRequest},
		"limits":   map[string]any{"cpu": r.CPULimit, "memory": r.MemoryLimit},
	}
}

// setVolumes sets the sizes of the volumes in values that have them.
func setVolumes(values map[string]any, size Size) {
	for _, volume := range []struct {
		values map[string]any
		size   string
	}{{table(table(values, Database), "storage"), size.DatabaseStorage}, {table(values, "uploads"), size.UploadsStorage}} {
		if _, ok := volume.values["size"]; ok && volume.size != "" {
			volume.values["size"] = volume.size
		}
	}
}

// larger returns the larger of two quantities. One that is not there, such as the size of a volume, stays away.
func larger(now, asked string) string {
	before, err := resource.ParseQuantity(now)
	after, err2 := resource.ParseQuantity(asked)
	if err == nil && err2 == nil && after.Cmp(before) > 0 {
		return asked
	}
	return now
}

// SizeOf returns the size that a release's values ask for. What they do not say is taken from another one.
func (e Engine) SizeOf(values map[string]any, otherwise Size) Size {
	return e.sizeIn(plain(values), otherwise)
}

// sizeIn returns the size that values ask for. What they do not say is taken from another one.
func (e Engine) sizeIn(values map[string]any, otherwise Size) Size {
	size := Size{
		DatabaseStorage: textOr(table(table(values, Database), "storage"), "size", otherwise.DatabaseStorage),
		UploadsStorage:  textOr(table(values, "uploads"), "size", otherwise.UploadsStorage),
	}
	for _, container := range otherwise.Containers {
		all := table(table(values, container.Component), "resources")
		if own := table(all, container.Name); len(own) > 0 {
			all = own
		}
		requests, limits := table(all, "requests"), table(all, "limits")
		container.Resources = Resources{
			CPURequest: textOr(requests, "cpu", container.Resources.CPURequest), CPULimit: textOr(limits, "cpu", container.Resources.CPULimit),
			MemoryRequest: textOr(requests, "memory", container.Resources.MemoryRequest), MemoryLimit: textOr(limits, "memory", container.Resources.MemoryLimit),
		}
		size.Containers = append(size.Containers, container)
	}
	return size
}

func textOr(values map[string]any, key, otherwise string) string {
	if text, ok := values[key].(string); ok {
		return text
	}
	return otherwise
}

// Covering returns a size in which each container has as much as in either size. Pods of both fit into it while one follows the other.
func (s Size) Covering(other Size) Size {
	s.Containers = slices.Clone(s.Containers)
	for i := range s.Containers {
		own := &s.Containers[i].Resources
		for _, container := range other.Containers {
			if container.Name == s.Containers[i].Name {
				theirs := container.Resources
				*own = Resources{
					CPURequest: larger(own.CPURequest, theirs.CPURequest), CPULimit: larger(own.CPULimit, theirs.CPULimit),
					MemoryRequest: larger(own.MemoryRequest, theirs.MemoryRequest), MemoryLimit: larger(own.MemoryLimit, theirs.MemoryLimit),
				}
			}
		}
	}
	return s
}

// Total is the most that a store may ever hold at once.
type Total struct {
	CPURequest, CPULimit, MemoryRequest, MemoryLimit, Storage resource.Quantity
	// LargestCPU and LargestMemory are the limits of the largest container.
	LargestCPU, LargestMemory resource.Quantity
	Pods, Claims              int64
}

// Total adds a plan up. What rolls counts twice, so that an update fits in.
func (s Size) Total() Total { return s.total(2) }

// Steady adds a plan up as it is when nothing is being updated.
func (s Size) Steady() Total { return s.total(1) }

func (s Size) total(rolling int) Total {
	total := Total{Pods: 10, Claims: 4, Storage: s.storage()}
	add := func(sum *resource.Quantity, value string) resource.Quantity {
		quantity := resource.MustParse(value)
		sum.Add(quantity)
		return quantity
	}
	for _, container := range s.Containers {
		times := 1
		if container.Rolls {
			times = rolling
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

func (s Size) storage() resource.Quantity {
	var sum resource.Quantity
	for _, volume := range []string{s.DatabaseStorage, s.UploadsStorage} {
		if volume != "" {
			sum.Add(resource.MustParse(volume))
		}
	}
	return sum
}
