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

// minTokenLength is the minimum length of the bootstrap token, in characters.
const minTokenLength = 16

// Authenticator recognizes the bootstrap token, by its hash. The token's bearer is an administrator.
type Authenticator struct {
	hash [sha256.Size]byte
}

// NewAuthenticator returns an authenticator for the token, which has at least 16 characters.
func NewAuthenticator(token string) (*Authenticator, error) {
	if len(token) < minTokenLength {
		return nil, fmt.Errorf("the administrator token has %d characters; it needs at least %d", len(token), minTokenLength)
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

// accepts reports whether this is the bootstrap token, in constant time.
func (a *Authenticator) accepts(token string) bool {
	hash := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(hash[:], a.hash[:]) == 1
}

// authenticate returns the principal that sends the request. With an Authorization header, valid or not, the cookie does not count.
func (s *server) authenticate(r *http.Request) (auth.Principal, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return s.authenticateByCookie(r)
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

// authenticateByCookie returns the principal of the cookie's session. Two cookies with the name mean that another host of the domain set
// one of them, so neither counts.
func (s *server) authenticateByCookie(r *http.Request) (auth.Principal, error) {
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
