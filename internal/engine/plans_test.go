package engine

import (
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
)

func TestEveryEngineHasEveryPlan(t *testing.T) {
	for _, name := range Names() {
		before := int64(0)
		for _, plan := range []v1alpha1.Plan{v1alpha1.PlanSmall, v1alpha1.PlanMedium, v1alpha1.PlanLarge} {
			size, ok := SizeOf(name, plan)
			cpu, memory, storage := size.Most()
			if !ok || cpu.IsZero() || storage.IsZero() || memory.Value() <= before {
				t.Errorf("%s, %s: %s of memory after %d, CPU %s, storage %s", name, plan, memory.String(), before, cpu.String(), storage.String())
			}
			total := size.Total()
			if memory.Cmp(total.MemoryLimit) > 0 {
				t.Errorf("%s, %s: %s of memory do not fit into the quota's %s", name, plan, memory.String(), total.MemoryLimit.String())
			}
			before = memory.Value()
		}
	}
	if _, ok := SizeOf("other", v1alpha1.PlanSmall); ok {
		t.Error("an engine that is not known has a plan")
	}
}
