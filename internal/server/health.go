package server

import (
	"net/http"

	"shopflow.dev/shopflow/internal/problem"
)

// GetHealth answers GET /healthz.
func (s *server) GetHealth(w http.ResponseWriter, _ *http.Request) {
	writeText(w, plainText, []byte("ok\n"))
}

// GetReadiness answers GET /readyz.
func (s *server) GetReadiness(w http.ResponseWriter, r *http.Request) {
	if !s.synced() {
		s.fail(w, r, notSynced())
		return
	}
	writeText(w, plainText, []byte("ok\n"))
}

func notSynced() error {
	return problem.Errorf(problem.NotReady, "The server is still reading the stores. Retry in a moment.")
}
