package server

import (
	"net/http"

	"shopflow.dev/shopflow/internal/auth"
)

// UpdateAccount answers PATCH /api/v1/account.
func (s *server) UpdateAccount(w http.ResponseWriter, r *http.Request) {
	var body UpdateAccount
	if err := decode(r, &body); err != nil {
		s.fail(w, r, err)
		return
	}
	p := auth.From(r.Context())
	user, err := s.accounts.UpdateAccount(r.Context(), p, body.Name, body.CurrentPassword, body.NewPassword)
	if body.NewPassword != "" {
		s.record(r, "account.password", p.User.Email, err)
	}
	if body.Name != nil {
		s.record(r, "account.rename", p.User.Email, err)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusOK, presentUser(user))
}
