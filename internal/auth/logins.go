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
	// loginLife is how long a command line has to exchange its code. It waits for nothing else then, so this is plenty.
	loginLife = time.Minute
	// loginTokens begins the names of the tokens that command lines have.
	loginTokens = "shopflow login on " // #nosec G101 -- a name
	// callbackPath is where command lines wait for browsers.
	callbackPath = "/callback"
)

// NewLogin is what a command line asks for, by way of the person's browser.
type NewLogin struct {
	// Device names the machine that it runs on.
	Device string
	// Challenge is the SHA-256 of a secret that the command line keeps, in base64url.
	Challenge string
	// Redirect is where it waits for the browser: http://127.0.0.1:<port>/callback.
	Redirect string
	// State comes back to it as it is.
	State string
}

// IssuedToken is a token that was just made, its secret, and whose it is.
type IssuedToken struct {
	Token  Token
	Secret string
	User   User
}

// AllowLogin lets the command line have a token of the principal's, who is at a browser, and returns the address to send the browser to.
// The address is a secret: in it is a code, which ExchangeLogin takes once, for a minute, and not after the session has ended.
func (s *Service) AllowLogin(ctx context.Context, p Principal, wish NewLogin) (string, error) {
	if p.Via != ViaSession {
		return "", problem.Errorf(problem.Forbidden, "Only somebody who is signed in at a browser may allow this")
	}
	if err := wish.validate(); err != nil {
		return "", err
	}
	code := rand.Text()
	err := s.repository.CreateLogin(ctx, Login{
		Hash: digest(code), Session: p.session, UserID: p.User.ID, Device: wish.Device, Challenge: wish.Challenge, Redirect: wish.Redirect,
		ExpiresAt: s.now().Add(loginLife),
	})
	if problem.IsKind(err, problem.NotFound) {
		return "", unauthenticated()
	}
	if err != nil {
		return "", fmt.Errorf("keep the login: %w", err)
	}
	return wish.answer("code", code), nil
}

// RefuseLogin returns the address that tells the command line that the person refused.
func (s *Service) RefuseLogin(wish NewLogin) (string, error) {
	if err := wish.validate(); err != nil {
		return "", err
	}
	return wish.answer("error", "access_denied"), nil
}

// ExchangeLogin makes the token that a person allowed. The code is of no use after any try. The verifier is what the challenge was
// made from, so that nobody but the command line that asked can use a code that it sees. Refused, it returns the token's name alone.
func (s *Service) ExchangeLogin(ctx context.Context, code, verifier, redirect string) (IssuedToken, error) {
	var fields problem.Fields
	match(&fields, "code", code, `^[A-Z2-7]{26}$`, "This is no code")
	match(&fields, "verifier", verifier, `^[A-Za-z0-9._~-]{43,128}$`, "A verifier has 43 to 128 characters")
	if err := fields.Err(); err != nil {
		return IssuedToken{}, err
	}
	login, user, err := s.repository.TakeLogin(ctx, digest(code))
	if err != nil && !problem.IsKind(err, problem.NotFound) {
		return IssuedToken{}, fmt.Errorf("find the login: %w", err)
	}
	found, name := err == nil, loginTokens+login.Device
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	right := found && subtle.ConstantTimeCompare([]byte(challenge), []byte(login.Challenge)) == 1 && redirect == login.Redirect
	if !right || user.Disabled || !s.now().Before(login.ExpiresAt) {
		return IssuedToken{Token: Token{Name: name}}, problem.Errorf(problem.SignInFailed, "This code is not good, or not any more; sign in again")
	}
	scopes := user.Role.Scopes()
	token, secret, err := s.CreateToken(ctx, principal(user, ViaSession, scopes, time.Time{}), NewToken{Name: name, Scopes: scopes})
	if err != nil {
		return IssuedToken{Token: Token{Name: name}}, err
	}
	return IssuedToken{Token: token, Secret: secret, User: user}, nil
}

// validate checks what came by way of a browser, where other pages may have made it up.
func (l NewLogin) validate() error {
	var fields problem.Fields
	match(&fields, "device", l.Device, `^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$`, "A device's name has 1 to 60 letters, digits, dots and dashes")
	match(&fields, "challenge", l.Challenge, `^[A-Za-z0-9_-]{43}$`, "A challenge is a SHA-256 in base64url")
	match(&fields, "state", l.State, `^[A-Za-z0-9_-]{16,128}$`, "A state has 16 to 128 letters, digits and dashes")
	if !isLoopback(l.Redirect) {
		fields.Add("redirect", "A command line waits at http://127.0.0.1:<port>"+callbackPath)
	}
	return fields.Err()
}

// isLoopback reports whether a command line on the person's own machine waits at the address. It is an address and no name, which
// could lead elsewhere.
func isLoopback(address string) bool {
	parts := regexp.MustCompile(`^http://(?:127\.0\.0\.1|\[::1\]):([1-9][0-9]{3,4})` + callbackPath + `$`).FindStringSubmatch(address)
	if parts == nil {
		return false
	}
	_, err := strconv.ParseUint(parts[1], 10, 16)
	return err == nil
}

// answer returns the address that tells the command line the answer.
func (l NewLogin) answer(key, value string) string {
	return l.Redirect + "?" + url.Values{key: {value}, "state": {l.State}}.Encode()
}

// match refuses a field whose value does not match the pattern.
func match(fields *problem.Fields, name, value, pattern, message string) {
	if !regexp.MustCompile(pattern).MatchString(value) {
		fields.Add(name, message)
	}
}
