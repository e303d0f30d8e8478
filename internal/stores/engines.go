package stores

import "shopflow.dev/shopflow/api/v1alpha1"

// EngineInfo is a kind of shop, as its engine describes it.
type EngineInfo struct {
	Name               v1alpha1.Engine
	Title, Description string
	// Components are the parts of its stores, Keys what their credentials have beside email and password.
	Components, Keys []Titled
}

// Titled is a name that programs use, with its title for people.
type Titled struct{ Name, Title string }

// Engine is a kind of shop, and whether this platform can run one.
type Engine struct {
	EngineInfo
	Version   string
	Available bool
	// Reason says why it is not available, and what to do about it.
	Reason string
}

// Engines returns every engine, by name. Why one is not available may name folders of the operator, so only a viewer who sees every
// store is told.
func (s *Service) Engines(viewer Viewer) []Engine {
	engines := make([]Engine, 0, len(s.platform.Engines))
	for _, info := range s.platform.Engines {
		offer := s.platform.Catalog.Engines[info.Name]
		engine := Engine{EngineInfo: info, Version: offer.Default, Reason: offer.Unavailable}
		err := s.platform.Catalog.Check(info.Name)
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

// validateEngine offers the engines that are available. It accepts one that is known and unavailable, because the catalog's refusal
// says why.
func validateEngine(name v1alpha1.Engine, engines []Engine) string {
	var available []string
	for _, engine := range engines {
		switch {
		case engine.Available:
			available = append(available, string(engine.Name))
		case engine.Name == name:
			return ""
		}
	}
	if len(available) == 0 {
		return "" // The catalog's refusal says that there is none.
	}
	return oneOf(string(name), "engine", available...)
}
