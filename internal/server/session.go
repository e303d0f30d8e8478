package server

import (
	"net/http"
	"time"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/problem"
	"shopflow.dev/shopflow/internal/ratelimit"
)

// sessionPurpose keeps what is sealed for the session's cookie from opening as anything else.
const sessionPurpose = "session"

// sessionCookie names the session's cookie.
func (s *server) sessionCookie() string { return s.hostPrefix() + "shopflow_session" }

// hostPrefix begins the names of cookies. Over HTTPS it keeps every other host, such as a store's, from setting them.
func (s *server) hostPrefix() string {
	if s.secure {
		return "__Host-"
	}
	return ""
}

// setSession gives the browser the session, encrypted; an empty id takes it away.
func (s *server) setSession(w http.ResponseWriter, id string, expires time.Time) {
	// #nosec G124 -- Secure is set wherever people use HTTPS
	cookie := &http.Cookie{
		Name: s.sessionCookie(), Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, MaxAge: -1,
	}
	if id != "" {
		cookie.Value = s.sealer.Seal(sessionPurpose, []byte(id))
		cookie.MaxAge = int(expires.Sub(s.clock.Now()).Seconds())
	}
	http.SetCookie(w, cookie)
}

// beginSession signs the user in with a new session.
func (s *server) beginSession(w http.ResponseWriter, r *http.Request, user auth.User) (auth.Principal, error) {
	id, p, err := s.accounts.StartSession(r.Context(), user)
	if err != nil {
		return auth.Principal{}, err
	}
	s.setSession(w, id, p.ExpiresAt)
	return p, nil
}

// SignIn answers POST /api/v1/session.
func (s *server) SignIn(w http.ResponseWriter, r *http.Request) {
	var body SignIn
	if err := decode(r, &body); err != nil {
		s.fail(w, r, err)
		return
	}
	user, err := s.accounts.SignIn(r.Context(), body.Email, body.Password, ratelimit.Network(s.clientOf(r)).String())
	var p auth.Principal
	if err == nil {
		p, err = s.beginSession(w, r, user)
	}
	// Tries that are not even looked at would fill the log, and so would what is no address.
	if !problem.IsKind(err, problem.TooManyAttempts) && !problem.IsKind(err, problem.Unavailable) {
		s.recordAs(r, user, "session.create", auth.Address(body.Email), err)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusOK, presentSession(p))
}

// GetSession answers GET /api/v1/session.
func (s *server) GetSession(w http.ResponseWriter, r *http.Request) {
	s.encode(w, r, http.StatusOK, presentSession(auth.From(r.Context())))
}

// SignOut answers DELETE /api/v1/session.
func (s *server) SignOut(w http.ResponseWriter, r *http.Request) {
	p := auth.From(r.Context())
	err := s.accounts.EndSession(r.Context(), p)
	s.record(r, "session.delete", p.User.Email, err)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.setSession(w, "", time.Time{})
	w.WriteHeader(http.StatusNoContent)
}

func presentSession(p auth.Principal) Session {
	shown := Session{User: presentUser(p.User), Scopes: make([]Scope, 0, len(p.Scopes)), Via: SessionVia(p.Via)}
	for _, scope := range p.Scopes {
		shown.Scopes = append(shown.Scopes, Scope(scope))
	}
	if !p.ExpiresAt.IsZero() {
		shown.ExpiresAt = &p.ExpiresAt
	}
	return shown
}
