package server

import "net/http"

// CheckName answers GET /api/v1/names/{name}.
func (s *server) CheckName(w http.ResponseWriter, r *http.Request, name string) {
	check, err := s.stores.CheckName(r.Context(), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusOK, NameCheck{Name: name, Status: NameCheckStatus(check.Status), Reason: check.Reason, URL: check.URL, Suggestion: check.Suggestion})
}
