package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/problem"
)

const (
	oidcPath = "/api/v1/auth/oidc"
	// CallbackPath is where identity providers send browsers back to.
	CallbackPath = oidcPath + "/callback"
	// flowTime is how long the browser keeps what it needs while somebody is at an identity provider.
	flowTime = 10 * time.Minute
)

// IdentityProviders is how people sign in with identity providers.
type IdentityProviders interface {
	List() []auth.ProviderConfig
	Start(ctx context.Context, id, next string) (address, kept string, err error)
	Finish(ctx context.Context, kept, state, code string) (user auth.User, next string, err error)
	Bearer(ctx context.Context, raw string) (auth.Principal, error)
}

// ListProviders answers GET /api/v1/auth/providers.
func (s *server) ListProviders(w http.ResponseWriter, r *http.Request) {
	shown := Providers{Local: true, SignUp: s.accounts.SignUpOpen(), Oidc: []OIDCProvider{}}
	for _, config := range s.providers.List() {
		start := oidcPath + "/start?" + url.Values{"provider": {config.ID}}.Encode()
		shown.Oidc = append(shown.Oidc, OIDCProvider{ID: config.ID, Name: config.Name, StartURL: start})
	}
	s.encode(w, r, http.StatusOK, shown)
}

// StartOIDC answers GET /api/v1/auth/oidc/start.
func (s *server) StartOIDC(w http.ResponseWriter, r *http.Request, params StartOIDCParams) {
	address, kept, err := s.providers.Start(r.Context(), params.Provider, localPath(params.Next))
	if err != nil {
		s.failSignIn(w, r, err)
		return
	}
	s.setFlow(w, kept)
	http.Redirect(w, r, address, http.StatusFound)
}

// FinishOIDC answers GET /api/v1/auth/oidc/callback.
func (s *server) FinishOIDC(w http.ResponseWriter, r *http.Request, params FinishOIDCParams) {
	s.setFlow(w, "")
	kept := ""
	if cookies := r.CookiesNamed(s.flowCookie()); len(cookies) == 1 {
		kept = cookies[0].Value
	}
	user, next, err := s.providers.Finish(r.Context(), kept, params.State, params.Code)
	if err == nil {
		_, err = s.beginSession(w, r, user)
	}
	if user.ID != "" {
		s.recordAs(r, user, "session.create", user.Email, err)
	}
	if err != nil {
		s.failSignIn(w, r, err)
		return
	}
	http.Redirect(w, r, localPath(next), http.StatusFound)
}

// flowCookie names what the browser keeps while somebody is at an identity provider. As with the session's, another host such as a
// store's must not set it: whoever came back with it would be signed in as somebody else.
func (s *server) flowCookie() string { return s.hostPrefix() + "shopflow_oidc" }

// setFlow gives the browser what it keeps while somebody is at the provider; nothing takes it away.
func (s *server) setFlow(w http.ResponseWriter, kept string) {
	// The way back comes from another site, which Lax allows for what a person follows.
	// #nosec G124 -- Secure is set wherever people use HTTPS
	cookie := &http.Cookie{Name: s.flowCookie(), Value: kept, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, MaxAge: -1}
	if kept != "" {
		cookie.MaxAge = int(flowTime.Seconds())
	}
	http.SetCookie(w, cookie)
}

// failSignIn sends the browser to the page for signing in, which says what is the matter.
func (s *server) failSignIn(w http.ResponseWriter, r *http.Request, err error) {
	s.log.LogAttrs(r.Context(), slog.LevelWarn, "sign-in with a provider failed", slog.String("requestId", requestID(r.Context())), slog.Any("error", err))
	http.Redirect(w, r, "/sign-in?"+url.Values{"error": {signInError(err)}}.Encode(), http.StatusFound)
}

// signInError is the word for the page of an error.
func signInError(err error) string {
	refusal, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return string(ProblemCodeInternal)
	}
	switch refusal.Kind {
	case problem.EmailMissing:
		return "email_missing"
	case problem.AccountDisabled:
		return "account_disabled"
	default:
		_, code := statusAndCode(refusal.Kind)
		return string(code)
	}
}

// localPath returns the path if it is one of this server, and the front page otherwise: nobody is sent elsewhere from here.
func localPath(path string) string {
	parsed, err := url.Parse(path)
	if err != nil || parsed.Host != "" || parsed.Scheme != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
