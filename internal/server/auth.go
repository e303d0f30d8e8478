package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"os"
	"strings"
)

const (
	// administrator is the one account that there is for now; it owns every store.
	administrator = "admin"
	// minToken is the least length of a token, in characters.
	minToken = 16
)

// Authenticator knows the administrator's token, as a hash.
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

// authenticate reports whether the request carries the administrator's token. The time it takes tells nothing about the token.
func (a *Authenticator) authenticate(r *http.Request) bool {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	hash := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return subtle.ConstantTimeCompare(hash[:], a.hash[:]) == 1
}

// unauthorized answers a request without the token.
func unauthorized(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="shopflow"`)
	writeProblem(w, r, &problem{
		status: http.StatusUnauthorized,
		code:   ProblemCodeUnauthorized,
		detail: "Send the administrator token as Authorization: Bearer <token>",
	})
}
