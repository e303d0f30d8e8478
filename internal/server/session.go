package server

import (
	"net/http"
	"time"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/problem"
	"shopflow.dev/shopflow/internal/ratelimit"
)

// sessionPurpose keeps a sealed session from opening as another cookie.
const sessionPurpose = "session"

// sessionCookie names the session's cookie.
func (s *server) sessionCookie() string { return s.hostPrefix() + "shopflow_session" }

// hostPrefix begins the names of cookies. Over HTTPS it keeps other hosts, such as a store's, from setting them.
func (s *server) hostPrefix() string {
	if s.secure {
		return "__Host-"
	}
	return ""
}

// setSession sets the cookie to the session, encrypted; an empty id deletes the cookie.
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

// startSession signs the user in with a new session.
func (s *server) startSession(w http.ResponseWriter, r *http.Request, user auth.User) (auth.Principal, error) {
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
	user, err := s.accounts.SignIn(r.Context(), body.Email, body.Password, ratelimit.Network(s.clientIP(r)).String())
	var p auth.Principal
	if err == nil {
		p, err = s.startSession(w, r, user)
	}
	// Attempts that were not even checked would fill the audit log; a text that is no address may be a password.
	if !problem.IsKind(err, problem.TooManyAttempts) && !problem.IsKind(err, problem.Unavailable) {
		note(r).actor = user
		note(r).on(auth.NormalizeEmail(body.Email))
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusOK, sessionResponse(p))
}

// GetSession answers GET /api/v1/session.
func (s *server) GetSession(w http.ResponseWriter, r *http.Request) {
	s.encode(w, r, http.StatusOK, sessionResponse(auth.FromContext(r.Context())))
}

// SignOut answers DELETE /api/v1/session.
func (s *server) SignOut(w http.ResponseWriter, r *http.Request) {
	p := auth.FromContext(r.Context())
	note(r).on(p.User.Email)
	if err := s.accounts.EndSession(r.Context(), p); err != nil {
		s.fail(w, r, err)
		return
	}
	s.setSession(w, "", time.Time{})
	w.WriteHeader(http.StatusNoContent)
}

func sessionResponse(p auth.Principal) Session {
	response := Session{User: userResponse(p.User), Scopes: make([]Scope, 0, len(p.Scopes)), Via: SessionVia(p.Via)}
	for _, scope := range p.Scopes {
		response.Scopes = append(response.Scopes, Scope(scope))
	}
	if !p.ExpiresAt.IsZero() {
		response.ExpiresAt = &p.ExpiresAt
	}
	return response
}
