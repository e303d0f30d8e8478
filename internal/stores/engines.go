package stores

import (
	"maps"
	"slices"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// Engine is a kind of shop, and whether this platform can create one.
type Engine struct {
	Name      v1alpha1.Engine
	Title     string
	Version   string
	Available bool
	// Reason says why it is not available, and what to do about it.
	Reason string
}

// Engines returns every engine, by name. Why one is not available may name folders of the operator, so only a viewer who sees every
// store is told.
func (s *Service) Engines(viewer Viewer) []Engine {
	titles := map[v1alpha1.Engine]string{v1alpha1.EngineMedusa: "Medusa", v1alpha1.EngineWooCommerce: "WooCommerce"}
	engines := make([]Engine, 0, len(titles))
	for _, name := range slices.Sorted(maps.Keys(titles)) {
		software := s.platform.Catalog.Engines[name]
		engine := Engine{Name: name, Title: titles[name], Version: software.Version, Reason: software.Unavailable}
		err := s.platform.Catalog.Available(name)
		engine.Available = err == nil
		switch {
		case err != nil && engine.Reason == "":
			engine.Reason = "This platform was set up without it"
		case err != nil && !viewer.All:
			engine.Reason = "Its administrators have not set it up"
		}
		engines = append(engines, engine)
	}
	return engines
}
