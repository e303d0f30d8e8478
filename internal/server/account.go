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
	p := auth.FromContext(r.Context())
	note(r).on(p.User.Email)
	note(r).did(accountActions(body)...)
	user, err := s.accounts.UpdateAccount(r.Context(), p, body.Name, body.CurrentPassword, body.NewPassword)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusOK, userResponse(user))
}

// accountActions names the changes that a request makes to its own account, for the audit log.
func accountActions(body UpdateAccount) []string {
	var actions []string
	if body.NewPassword != "" {
		actions = append(actions, "account.password")
	}
	if body.Name != nil {
		actions = append(actions, "account.rename")
	}
	return actions
}
