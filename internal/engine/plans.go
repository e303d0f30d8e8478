package engine

import (
	"k8s.io/apimachinery/pkg/api/resource"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// SizeOf returns what a plan gives to a store of an engine, and whether there is such a plan.
func SizeOf(name v1alpha1.Engine, plan v1alpha1.Plan) (Size, bool) {
	kind, ok := kinds()[name]
	if !ok {
		return Size{}, false
	}
	size, ok := kind.sizes()[plan]
	return size, ok
}

// Most returns the CPU, memory and storage that a store of the size may use when nothing is being updated.
func (s Size) Most() (cpu, memory, storage resource.Quantity) {
	for _, container := range s.Containers {
		cpu.Add(resource.MustParse(container.Resources.CPULimit))
		memory.Add(resource.MustParse(container.Resources.MemoryLimit))
	}
	storage.Add(resource.MustParse(s.DatabaseStorage))
	storage.Add(resource.MustParse(s.UploadsStorage))
	return cpu, memory, storage
}
