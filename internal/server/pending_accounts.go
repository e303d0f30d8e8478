package server

import "net/http"

// UpdateAccount is made next.
func (s *server) UpdateAccount(w http.ResponseWriter, r *http.Request) { s.fail(w, r, pending()) }

// ListAudit is made next.
func (s *server) ListAudit(w http.ResponseWriter, r *http.Request, _ ListAuditParams) {
	s.fail(w, r, pending())
}

// FinishOIDC is made next.
func (s *server) FinishOIDC(w http.ResponseWriter, r *http.Request, _ FinishOIDCParams) {
	s.fail(w, r, pending())
}

// StartOIDC is made next.
func (s *server) StartOIDC(w http.ResponseWriter, r *http.Request, _ StartOIDCParams) {
	s.fail(w, r, pending())
}

// ListProviders is made next.
func (s *server) ListProviders(w http.ResponseWriter, r *http.Request) { s.fail(w, r, pending()) }

// SignOut is made next.
func (s *server) SignOut(w http.ResponseWriter, r *http.Request) { s.fail(w, r, pending()) }

// GetSession is made next.
func (s *server) GetSession(w http.ResponseWriter, r *http.Request) { s.fail(w, r, pending()) }

// SignIn is made next.
func (s *server) SignIn(w http.ResponseWriter, r *http.Request) { s.fail(w, r, pending()) }

// ListTokens is made next.
func (s *server) ListTokens(w http.ResponseWriter, r *http.Request) { s.fail(w, r, pending()) }

// CreateToken is made next.
func (s *server) CreateToken(w http.ResponseWriter, r *http.Request) { s.fail(w, r, pending()) }

// RevokeToken is made next.
func (s *server) RevokeToken(w http.ResponseWriter, r *http.Request, _ ID) { s.fail(w, r, pending()) }

// ListUsers is made next.
func (s *server) ListUsers(w http.ResponseWriter, r *http.Request) { s.fail(w, r, pending()) }

// CreateUser is made next.
func (s *server) CreateUser(w http.ResponseWriter, r *http.Request) { s.fail(w, r, pending()) }

// DeleteUser is made next.
func (s *server) DeleteUser(w http.ResponseWriter, r *http.Request, _ ID) { s.fail(w, r, pending()) }

// GetUser is made next.
func (s *server) GetUser(w http.ResponseWriter, r *http.Request, _ ID) { s.fail(w, r, pending()) }

// UpdateUser is made next.
func (s *server) UpdateUser(w http.ResponseWriter, r *http.Request, _ ID) { s.fail(w, r, pending()) }

func pending() error {
	return &problem{status: http.StatusNotImplemented, code: ProblemCodeUnavailable, detail: "Not made yet"}
}
