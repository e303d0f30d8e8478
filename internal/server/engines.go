package server

import (
	"net/http"

	"shopflow.dev/shopflow/internal/stores"
)

// ListEngines answers GET /api/v1/engines.
func (s *server) ListEngines(w http.ResponseWriter, r *http.Request) {
	list := EngineList{Items: []Engine{}}
	for _, engine := range s.stores.Engines(viewer(r)) {
		list.Items = append(list.Items, Engine{
			Name: string(engine.Name), Title: engine.Title, Description: engine.Description, Version: engine.Version,
			Components: titled(engine.Components), Keys: titled(engine.Keys), Available: engine.Available, Reason: engine.Reason,
		})
	}
	s.encode(w, r, http.StatusOK, list)
}

func titled(names []stores.Titled) []TitledName {
	shown := []TitledName{}
	for _, name := range names {
		shown = append(shown, TitledName{Name: name.Name, Title: name.Title})
	}
	return shown
}
