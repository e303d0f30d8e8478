package server

import "net/http"

// FinishOIDC is made next.
func (s *server) FinishOIDC(w http.ResponseWriter, r *http.Request, _ FinishOIDCParams) {
	s.fail(w, r, pending())
}

// StartOIDC is made next.
func (s *server) StartOIDC(w http.ResponseWriter, r *http.Request, _ StartOIDCParams) {
	s.fail(w, r, pending())
}

func pending() error {
	return &problem{status: http.StatusNotImplemented, code: ProblemCodeUnavailable, detail: "Not made yet"}
}
