package server

import (
	"context"
	"net/http"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/problem"
	"shopflow.dev/shopflow/internal/stores"
)

// access says who may use a route.
type access struct {
	open  bool       // everybody may
	guest bool       // everybody may, and whoever is signed in is known
	scope auth.Scope // what the credentials must allow; empty means that any will do
	// session means that only somebody at a browser may, so that no token does what a person must decide.
	session bool
}

// accessTo is the one place that says who may do what. Which stores somebody sees is decided where stores are read. A route that
// is not here is closed to everybody.
func accessTo(pattern string) (rule access, known bool) {
	switch pattern {
	case "GET /healthz", "GET /readyz", "GET /openapi.yaml", "GET /docs/api",
		"POST /api/v1/session", "GET /api/v1/auth/providers", "GET /api/v1/auth/oidc/start", "GET /api/v1/auth/oidc/callback",
		"POST /api/v1/logins/exchange":
		return access{open: true}, true
	case "POST /api/v1/users":
		return access{guest: true}, true
	case "GET /api/v1/session", "DELETE /api/v1/session", "GET /api/v1/engines", "GET /api/v1/plans", "GET /api/v1/platform":
		return access{}, true
	case "GET /api/v1/stores", "GET /api/v1/stores/{name}", "GET /api/v1/names/{name}", eventsPattern, "GET /api/v1/stores/{name}/logs",
		"GET /api/v1/stores/{name}/events", "GET /api/v1/stores/{name}/metrics":
		return access{scope: auth.StoresRead}, true
	case "POST /api/v1/stores", "DELETE /api/v1/stores/{name}", "GET /api/v1/stores/{name}/credentials",
		"POST /api/v1/stores/{name}/credentials", "POST /api/v1/stores/{name}/retry":
		return access{scope: auth.StoresWrite}, true
	case "POST /api/v1/logins":
		return access{scope: auth.Account, session: true}, true
	case "PATCH /api/v1/account", "GET /api/v1/tokens", "POST /api/v1/tokens", "DELETE /api/v1/tokens/{id}":
		return access{scope: auth.Account}, true
	case "GET /metrics", "GET /api/v1/users", "GET /api/v1/users/{id}", "PATCH /api/v1/users/{id}", "DELETE /api/v1/users/{id}", "GET /api/v1/audit",
		"GET /api/v1/admin/capacity":
		return access{scope: auth.Administer}, true
	default:
		return access{}, false
	}
}

// admit returns the request with its principal, or an error if the request may not use the route.
func (s *server) admit(r *http.Request, pattern string) (*http.Request, error) {
	rule, known := accessTo(pattern)
	if rule.open {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	p, err := s.identify(r.WithContext(ctx))
	switch {
	case problem.IsKind(err, problem.Unauthenticated) && rule.guest && r.Header.Get("Authorization") == "":
		return r, nil // With credentials that are not valid nobody is a guest: whoever sent them meant to be somebody.
	case err != nil:
		return nil, err
	case pattern != "" && (!known || (rule.scope != "" && !p.May(rule.scope))):
		return nil, forbidden()
	case rule.session && p.Via != auth.ViaSession:
		return nil, problem.Errorf(problem.Forbidden, "This requires a session in a browser; a token is not enough")
	}
	return r.WithContext(auth.With(r.Context(), p)), nil
}

func forbidden() error {
	return problem.Errorf(problem.Forbidden, "Your account or token does not allow this")
}

// viewer is for whom the request looks at stores.
func viewer(r *http.Request) stores.Viewer {
	p := auth.From(r.Context())
	return stores.Viewer{Owner: p.User.ID, All: p.SeesAll()}
}
