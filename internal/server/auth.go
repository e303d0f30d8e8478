package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"shopflow.dev/shopflow/internal/auth"
)

// minToken is the least length of the bootstrap token, in characters.
const minToken = 16

// Accounts is what can be done with accounts.
type Accounts interface {
	SignUpOpen() bool
	SignIn(ctx context.Context, email, password, network string) (auth.User, error)
	SignUp(ctx context.Context, wish auth.NewUser) (auth.User, error)
	StartSession(ctx context.Context, user auth.User) (id string, p auth.Principal, err error)
	Session(ctx context.Context, id string) (auth.Principal, error)
	EndSession(ctx context.Context, p auth.Principal) error
	UpdateAccount(ctx context.Context, p auth.Principal, name *string, current, password string) (auth.User, error)

	CreateToken(ctx context.Context, p auth.Principal, wish auth.NewToken) (token auth.Token, secret string, err error)
	Token(ctx context.Context, secret string) (auth.Principal, error)
	Tokens(ctx context.Context, p auth.Principal) ([]auth.Token, error)
	RevokeToken(ctx context.Context, p auth.Principal, id string) (auth.Token, error)

	AllowLogin(ctx context.Context, p auth.Principal, wish auth.NewLogin) (address string, err error)
	RefuseLogin(wish auth.NewLogin) (address string, err error)
	ExchangeLogin(ctx context.Context, code, verifier, redirect string) (auth.IssuedToken, error)

	CreateUser(ctx context.Context, wish auth.NewUser) (auth.User, error)
	Users(ctx context.Context) ([]auth.User, error)
	User(ctx context.Context, id string) (auth.User, error)
	UpdateUser(ctx context.Context, id string, changes auth.Changes) (auth.User, error)
	DeleteUser(ctx context.Context, id string) error
}

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
	return &auth.Error{Kind: auth.Unauthenticated, Message: "Sign in, or send an API token as Authorization: Bearer <token>"}
}

// refuse answers a request that may not use its route.
func (s *server) refuse(err error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, err) })
}

// accountProblem translates an error of accounts into an answer; nil if it is none.
func accountProblem(err error) *problem {
	refusal, ok := errors.AsType[*auth.Error](err)
	if !ok {
		return nil
	}
	p := &problem{detail: refusal.Message, retryAfter: refusal.RetryAfter}
	p.status, p.code = accountStatus(refusal.Kind)
	for _, field := range refusal.Fields {
		p.fields = append(p.fields, FieldError{Field: field.Field, Message: field.Message})
	}
	return p
}

func accountStatus(kind auth.Kind) (int, ProblemCode) {
	switch kind {
	case auth.Invalid:
		return http.StatusUnprocessableEntity, ProblemCodeValidationFailed
	case auth.Unauthenticated:
		return http.StatusUnauthorized, ProblemCodeUnauthorized
	case auth.SignInFailed, auth.Disabled, auth.EmailMissing:
		return http.StatusUnauthorized, ProblemCodeSignInFailed
	case auth.TooManyAttempts:
		return http.StatusTooManyRequests, ProblemCodeTooManyAttempts
	case auth.NotFound:
		return http.StatusNotFound, ProblemCodeNotFound
	case auth.Conflict:
		return http.StatusConflict, ProblemCodeUserConflict
	case auth.LastAdmin:
		return http.StatusConflict, ProblemCodeLastAdministrator
	case auth.SignUpClosed:
		return http.StatusForbidden, ProblemCodeSignUpClosed
	case auth.Forbidden:
		return http.StatusForbidden, ProblemCodeForbidden
	case auth.Busy:
		return http.StatusServiceUnavailable, ProblemCodeUnavailable
	case auth.ProviderUnavailable:
		return http.StatusServiceUnavailable, ProblemCodeProviderUnavailable
	default:
		return http.StatusInternalServerError, ProblemCodeInternal
	}
}
