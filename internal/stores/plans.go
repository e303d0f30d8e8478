package stores

import "shopflow.dev/shopflow/api/v1alpha1"

// Plan is a size of stores.
type Plan struct {
	Name, Description string
	Sizes             []PlanSize
}

// PlanSize is what a store of an engine gets with a plan.
type PlanSize struct {
	Engine v1alpha1.Engine
	// CPU is in thousandths of a core, memory and storage in bytes.
	CPU, Memory, Storage int64
}

// Plans returns the plans, the smallest first.
func (s *Service) Plans() []Plan { return s.platform.Plans }
