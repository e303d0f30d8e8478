package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"shopflow.dev/shopflow/internal/problem"
)

const (
	// loginTTL is how long a command line has to exchange its code, which it does at once.
	loginTTL = time.Minute
	// loginTokenPrefix begins the names of the tokens of command lines.
	loginTokenPrefix = "shopflow login on " // #nosec G101 -- a name
	// callbackPath is where command lines wait for browsers.
	callbackPath = "/callback"
)

var (
	codePattern      = regexp.MustCompile(`^[A-Z2-7]{26}$`)
	verifierPattern  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
	devicePattern    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$`)
	challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	statePattern     = regexp.MustCompile(`^[A-Za-z0-9_-]{16,128}$`)
	redirectPattern  = regexp.MustCompile(`^http://(?:127\.0\.0\.1|\[::1\]):([1-9][0-9]{3,4})` + callbackPath + `$`)
)

// NewLogin is a command line's request for a token, which the person's browser brings.
type NewLogin struct {
	// Device names the machine that it runs on.
	Device string
	// Challenge is the SHA-256 of a secret that the command line keeps, in base64url.
	Challenge string
	// Redirect is where it waits for the browser: http://127.0.0.1:<port>/callback.
	Redirect string
	// State is returned to it unchanged.
	State string
}

// IssuedToken is a token that was just created, its secret and its owner.
type IssuedToken struct {
	Token  Token
	Secret string
	User   User
}

// AllowLogin allows the command line a token of the principal, who is at a browser, and returns the address to send the browser to. The
// address is a secret: it has a code that ExchangeLogin accepts once, for a minute, and not after the session has ended.
func (s *Service) AllowLogin(ctx context.Context, p Principal, login NewLogin) (string, error) {
	if p.Via != ViaSession {
		return "", problem.Errorf(problem.Forbidden, "Sign in with a browser to allow this")
	}
	if err := login.validate(); err != nil {
		return "", err
	}
	code := rand.Text()
	err := s.repository.CreateLogin(ctx, Login{
		Hash: digest(code), Session: p.session, UserID: p.User.ID, Device: login.Device, Challenge: login.Challenge, Redirect: login.Redirect,
		ExpiresAt: s.now().Add(loginTTL),
	})
	if problem.IsKind(err, problem.NotFound) {
		return "", unauthenticated()
	}
	if err != nil {
		return "", fmt.Errorf("store the login: %w", err)
	}
	return login.redirect("code", code), nil
}

// RefuseLogin returns the address that tells the command line that the person refused.
func (s *Service) RefuseLogin(login NewLogin) (string, error) {
	if err := login.validate(); err != nil {
		return "", err
	}
	return login.redirect("error", "access_denied"), nil
}

// ExchangeLogin creates the token that a person allowed. Any attempt consumes the code. The verifier is what the challenge was computed
// from, so that only the command line that asked can use the code. When it refuses, it returns only the token's name.
func (s *Service) ExchangeLogin(ctx context.Context, code, verifier, redirect string) (IssuedToken, error) {
	var fields problem.Fields
	match(&fields, "code", code, codePattern, "A code has 26 characters")
	match(&fields, "verifier", verifier, verifierPattern, "A verifier has 43 to 128 characters")
	if err := fields.Err(); err != nil {
		return IssuedToken{}, err
	}
	login, user, err := s.repository.ConsumeLogin(ctx, digest(code))
	if err != nil && !problem.IsKind(err, problem.NotFound) {
		return IssuedToken{}, fmt.Errorf("find the login: %w", err)
	}
	found, name := err == nil, loginTokenPrefix+login.Device
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	valid := found && subtle.ConstantTimeCompare([]byte(challenge), []byte(login.Challenge)) == 1 && redirect == login.Redirect
	if !valid || user.Disabled || !s.now().Before(login.ExpiresAt) {
		return IssuedToken{Token: Token{Name: name}}, problem.Errorf(problem.SignInFailed, "The code is invalid or has expired. Sign in again.")
	}
	scopes := user.Role.Scopes()
	token, secret, err := s.CreateToken(ctx, principal(user, ViaSession, scopes, time.Time{}), NewToken{Name: name, Scopes: scopes})
	if err != nil {
		return IssuedToken{Token: Token{Name: name}}, err
	}
	return IssuedToken{Token: token, Secret: secret, User: user}, nil
}

// validate checks what came from a browser, where another page may have forged it.
func (l NewLogin) validate() error {
	var fields problem.Fields
	match(&fields, "device", l.Device, devicePattern, "A device name has 1 to 60 letters, digits, dots, underscores and hyphens")
	match(&fields, "challenge", l.Challenge, challengePattern, "A challenge is a SHA-256 in base64url")
	match(&fields, "state", l.State, statePattern, "A state has 16 to 128 letters, digits, underscores and hyphens")
	if !isLoopback(l.Redirect) {
		fields.Add("redirect", "A redirect is http://127.0.0.1:<port>"+callbackPath)
	}
	return fields.Err()
}

// isLoopback reports whether the address is one of the person's own machine, by number: a name could lead elsewhere.
func isLoopback(address string) bool {
	parts := redirectPattern.FindStringSubmatch(address)
	if parts == nil {
		return false
	}
	_, err := strconv.ParseUint(parts[1], 10, 16)
	return err == nil
}

// redirect returns the address that brings the command line its answer.
func (l NewLogin) redirect(key, value string) string {
	return l.Redirect + "?" + url.Values{key: {value}, "state": {l.State}}.Encode()
}

// match refuses a field whose value does not match the pattern.
func match(fields *problem.Fields, name, value string, pattern *regexp.Regexp, message string) {
	if !pattern.MatchString(value) {
		fields.Add(name, message)
	}
}
