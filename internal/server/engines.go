package server

import "net/http"

// ListEngines answers GET /api/v1/engines.
func (s *server) ListEngines(w http.ResponseWriter, r *http.Request) {
	list := EngineList{Items: []Engine{}}
	for _, engine := range s.stores.Engines(viewer(r)) {
		list.Items = append(list.Items, Engine{
			Name: string(engine.Name), Title: engine.Title, Version: engine.Version, Available: engine.Available, Reason: engine.Reason,
		})
	}
	s.encode(w, r, http.StatusOK, list)
}
