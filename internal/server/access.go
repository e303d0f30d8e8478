package server

import (
	"context"
	"net/http"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/problem"
	"shopflow.dev/shopflow/internal/stores"
)

// access says who may use a route. The zero value lets everybody who is signed in.
type access struct {
	open  bool       // no credentials are needed, and none are looked at
	guest bool       // no credentials are needed, but they count
	scope auth.Scope // that the credentials must have; empty means that any will do
	// session means that only a browser's session may, so that no token does what a person must decide.
	session bool
}

// authorize returns the request with its principal, or an error if the request may not use a route with this access.
func (s *server) authorize(r *http.Request, access access) (*http.Request, error) {
	if access.open {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	p, err := s.authenticate(r.WithContext(ctx))
	switch {
	case problem.IsKind(err, problem.Unauthenticated) && access.guest && r.Header.Get("Authorization") == "":
		return r, nil // A client that sends an invalid Authorization header is not a guest.
	case err != nil:
		return nil, err
	case access.scope != "" && !p.HasScope(access.scope):
		return nil, forbidden()
	case access.session && p.Via != auth.ViaSession:
		return nil, problem.Errorf(problem.Forbidden, "Sign in with a browser to do this")
	}
	return r.WithContext(auth.NewContext(r.Context(), p)), nil
}

func forbidden() error {
	return problem.Errorf(problem.Forbidden, "Your account or token is not allowed to do this")
}

// viewer is for whom the request looks at stores.
func viewer(r *http.Request) stores.Viewer {
	p := auth.FromContext(r.Context())
	return stores.Viewer{Owner: p.User.ID, All: p.SeesAll()}
}
