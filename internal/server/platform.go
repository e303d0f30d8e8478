package server

import "net/http"

// GetPlatform answers GET /api/v1/platform.
func (s *server) GetPlatform(w http.ResponseWriter, r *http.Request) {
	heartbeat, err := s.observer.Controller(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	response := PlatformHealth{Controller: ControllerHealth{Alive: heartbeat.Alive}}
	if !heartbeat.LastSeen.IsZero() {
		last := heartbeat.LastSeen.UTC()
		response.Controller.LastSeen = &last
	}
	s.encode(w, r, http.StatusOK, response)
}
