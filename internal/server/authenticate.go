package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"os"
	"strings"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/problem"
)

// minToken is the least length of the bootstrap token, in characters.
const minToken = 16

// Authenticator knows the bootstrap token, as a hash. Whoever has it is an administrator.
type Authenticator struct {
	hash [sha256.Size]byte
}

// NewAuthenticator returns an authenticator for the token, which has at least 16 characters.
func NewAuthenticator(token string) (*Authenticator, error) {
	if len(token) < minToken {
		return nil, fmt.Errorf("the administrator token has %d characters; it needs at least %d", len(token), minToken)
	}
	return &Authenticator{hash: sha256.Sum256([]byte(token))}, nil
}

// ReadAuthenticator returns an authenticator for the token in the file.
func ReadAuthenticator(path string) (*Authenticator, error) {
	token, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own flag
	if err != nil {
		return nil, fmt.Errorf("read the administrator token: %w", err)
	}
	return NewAuthenticator(strings.TrimSpace(string(token)))
}

// accepts reports whether this is the bootstrap token. The time it takes tells nothing about the token.
func (a *Authenticator) accepts(token string) bool {
	hash := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(hash[:], a.hash[:]) == 1
}

// identify returns whoever sends the request. An Authorization header decides alone: with a bad one the cookie is not looked at.
func (s *server) identify(r *http.Request) (auth.Principal, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return s.identifyByCookie(r)
	}
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	switch {
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return auth.Principal{}, noCredentials()
	case s.bootstrap.accepts(token):
		return auth.Bootstrap(), nil
	case strings.HasPrefix(token, auth.TokenPrefix):
		return s.accounts.Token(r.Context(), token)
	default:
		return s.providers.Bearer(r.Context(), token)
	}
}

// identifyByCookie returns whose session the cookie names. Of two cookies with the name one was put there by another host of the
// domain, so neither counts.
func (s *server) identifyByCookie(r *http.Request) (auth.Principal, error) {
	cookies := r.CookiesNamed(s.sessionCookie())
	if len(cookies) != 1 {
		return auth.Principal{}, noCredentials()
	}
	id, err := s.sealer.Open(sessionPurpose, cookies[0].Value)
	if err != nil {
		return auth.Principal{}, noCredentials()
	}
	return s.accounts.Session(r.Context(), string(id))
}

func noCredentials() error {
	return problem.Errorf(problem.Unauthenticated, "Sign in, or send an API token as Authorization: Bearer <token>")
}

// refuse answers a request that may not use its route.
func (s *server) refuse(err error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, err) })
}
