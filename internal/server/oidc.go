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
	// flowCookieTTL is how long the browser keeps the flow of a sign-in at an identity provider.
	flowCookieTTL = 10 * time.Minute
)

// IdentityProviders signs people in with identity providers.
type IdentityProviders interface {
	List() []auth.ProviderConfig
	Start(ctx context.Context, id, next string) (address, sealed string, err error)
	Finish(ctx context.Context, sealed, state, code string) (user auth.User, next string, err error)
	Bearer(ctx context.Context, raw string) (auth.Principal, error)
}

// ListProviders answers GET /api/v1/auth/providers.
func (s *server) ListProviders(w http.ResponseWriter, r *http.Request) {
	response := Providers{Local: true, SignUp: s.accounts.SignUpOpen(), Oidc: []OIDCProvider{}}
	for _, config := range s.providers.List() {
		start := oidcPath + "/start?" + url.Values{"provider": {config.ID}}.Encode()
		response.Oidc = append(response.Oidc, OIDCProvider{ID: config.ID, Name: config.Name, StartURL: start})
	}
	s.encode(w, r, http.StatusOK, response)
}

// StartOIDC answers GET /api/v1/auth/oidc/start.
func (s *server) StartOIDC(w http.ResponseWriter, r *http.Request, params StartOIDCParams) {
	address, sealed, err := s.providers.Start(r.Context(), params.Provider, localPath(params.Next))
	if err != nil {
		s.failSignIn(w, r, err)
		return
	}
	s.setFlow(w, sealed)
	http.Redirect(w, r, address, http.StatusFound)
}

// FinishOIDC answers GET /api/v1/auth/oidc/callback.
func (s *server) FinishOIDC(w http.ResponseWriter, r *http.Request, params FinishOIDCParams) {
	s.setFlow(w, "")
	sealed := ""
	if cookies := r.CookiesNamed(s.flowCookie()); len(cookies) == 1 {
		sealed = cookies[0].Value
	}
	user, next, err := s.providers.Finish(r.Context(), sealed, params.State, params.Code)
	if err == nil {
		_, err = s.startSession(w, r, user)
	}
	if user.ID != "" { // A stranger's visit changes nothing, and would fill the audit log.
		note(r).actor, note(r).err = user, err // The response redirects even when it fails.
		note(r).on(user.Email)
	}
	if err != nil {
		s.failSignIn(w, r, err)
		return
	}
	http.Redirect(w, r, localPath(next), http.StatusFound)
}

// flowCookie names the cookie of a sign-in at an identity provider. As with the session's, another host such as a store's must not set
// it: the person would be signed in to another account.
func (s *server) flowCookie() string { return s.hostPrefix() + "shopflow_oidc" }

// setFlow sets the cookie to the sealed flow; an empty one deletes the cookie.
func (s *server) setFlow(w http.ResponseWriter, sealed string) {
	// The provider's redirect is cross-site, which Lax allows for navigation.
	// #nosec G124 -- Secure is set wherever people use HTTPS
	cookie := &http.Cookie{Name: s.flowCookie(), Value: sealed, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, MaxAge: -1}
	if sealed != "" {
		cookie.MaxAge = int(flowCookieTTL.Seconds())
	}
	http.SetCookie(w, cookie)
}

// failSignIn sends the browser to the sign-in page, which shows the error.
func (s *server) failSignIn(w http.ResponseWriter, r *http.Request, err error) {
	s.log.LogAttrs(r.Context(), slog.LevelWarn, "sign-in with a provider failed", slog.String("requestId", requestID(r.Context())), slog.Any("error", err))
	http.Redirect(w, r, "/sign-in?"+url.Values{"error": {signInError(err)}}.Encode(), http.StatusFound)
}

// signInError returns the code of an error for the sign-in page.
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

// localPath returns the path if it is one of this server, and the front page otherwise, so that no redirect leaves the server.
func localPath(path string) string {
	parsed, err := url.Parse(path)
	if err != nil || parsed.Host != "" || parsed.Scheme != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
