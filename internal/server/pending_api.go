package server

import "net/http"

// GetReference answers GET /docs/api.
func (s *server) GetReference(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, r, &problem{status: http.StatusNotImplemented, code: ProblemCodeUnavailable, detail: "This server does not serve this yet"})
}
