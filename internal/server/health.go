package server

import "net/http"

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
	return &problem{status: http.StatusServiceUnavailable, code: ProblemCodeNotReady, detail: "The server has not read the stores yet; try again in a moment"}
}
