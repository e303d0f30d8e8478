package server

import (
	"errors"
	"fmt"
	"net/http"

	"shopflow.dev/shopflow/internal/auth"
)

// route is what the server has to know about an operation besides its handler.
type route struct {
	access access
	// limit names the limiter that counts requests without credentials; empty means no limit.
	limit limit
	// audit lists the actions that the audit log may show for the operation. One action is recorded without the handler's help; of several
	// the handler says which.
	audit []string
	// auditFirst means that the response must not leave before its entry is in the audit log.
	auditFirst bool
	// sameSite refuses requests that a page of another site caused. Requests that are not safe are always refused.
	sameSite bool
	// stream means that the response has no end, so that no timeout applies.
	stream bool
	// quiet keeps successful requests out of the server's log: probes would drown the rest.
	quiet bool
}

// routes is the one table of operations, by the pattern that the generated code registers. Which stores an account sees is decided where
// stores are read.
func routes() map[string]route {
	open := access{open: true}
	signedIn := access{}
	reads := access{scope: auth.StoresRead}
	writes := access{scope: auth.StoresWrite}
	account := access{scope: auth.Account}
	admin := access{scope: auth.Administer}
	return map[string]route{
		"GET /healthz":      {access: open, quiet: true},
		"GET /readyz":       {access: open, quiet: true},
		"GET /openapi.yaml": {access: open, quiet: true},
		"GET /docs/api":     {access: open},
		"GET /metrics":      {access: admin},

		"GET /api/v1/stores":                     {access: reads},
		"POST /api/v1/stores":                    {access: writes, audit: []string{"store.create"}},
		"GET /api/v1/stores/{name}":              {access: reads},
		"PATCH /api/v1/stores/{name}":            {access: writes, audit: []string{"store.update"}},
		"DELETE /api/v1/stores/{name}":           {access: writes, audit: []string{"store.delete"}},
		"POST /api/v1/stores/{name}/retry":       {access: writes, audit: []string{"store.retry"}},
		"POST /api/v1/stores/{name}/reset":       {access: writes, audit: []string{"store.reset"}},
		"GET /api/v1/stores/{name}/credentials":  {access: writes, audit: []string{"store.credentials"}, auditFirst: true, sameSite: true},
		"POST /api/v1/stores/{name}/credentials": {access: writes, audit: []string{"store.credentials"}, auditFirst: true},
		"GET /api/v1/stores/{name}/logs":         {access: reads, stream: true},
		"GET /api/v1/stores/{name}/events":       {access: reads},
		"GET /api/v1/stores/{name}/metrics":      {access: reads},
		"GET /api/v1/names/{name}":               {access: reads},
		"GET /api/v1/events":                     {access: reads, stream: true},

		"GET /api/v1/engines":        {access: signedIn},
		"GET /api/v1/plans":          {access: signedIn},
		"GET /api/v1/platform":       {access: signedIn},
		"GET /api/v1/admin/capacity": {access: admin},
		"GET /api/v1/audit":          {access: admin},

		"POST /api/v1/session":           {access: open, limit: limitSignIn, audit: []string{"session.create"}},
		"GET /api/v1/session":            {access: signedIn},
		"DELETE /api/v1/session":         {access: signedIn, audit: []string{"session.delete"}},
		"GET /api/v1/auth/providers":     {access: open},
		"GET /api/v1/auth/oidc/start":    {access: open, limit: limitProvider},
		"GET /api/v1/auth/oidc/callback": {access: open, limit: limitProvider, audit: []string{"session.create"}},
		"POST /api/v1/logins":            {access: access{scope: auth.Account, session: true}, audit: []string{"login.allow", "login.refuse"}},
		"POST /api/v1/logins/exchange":   {access: open, limit: limitExchange, audit: []string{"token.create"}},
		"PATCH /api/v1/account":          {access: account, audit: []string{"account.password", "account.rename"}},
		"GET /api/v1/tokens":             {access: account},
		"POST /api/v1/tokens":            {access: account, audit: []string{"token.create"}},
		"DELETE /api/v1/tokens/{id}":     {access: account, audit: []string{"token.revoke"}},
		"GET /api/v1/users":              {access: admin},
		"POST /api/v1/users":             {access: access{guest: true}, limit: limitSignUp, audit: []string{"user.create"}},
		"GET /api/v1/users/{id}":         {access: admin},
		"PATCH /api/v1/users/{id}":       {access: admin, audit: []string{"user.rename", "user.password", "user.disable", "user.enable", "user.role.merchant", "user.role.admin"}},
		"DELETE /api/v1/users/{id}":      {access: admin, audit: []string{"user.delete"}},
	}
}

// registrar is the router that the generated code registers operations with. It puts before each handler what its route asks for.
type registrar struct {
	*http.ServeMux
	server     *server
	routes     map[string]route
	parameters map[string][]parameterSchema
	found      map[string]bool
	err        error
}

// HandleFunc is called by the generated code, once for each operation.
func (r *registrar) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	route, ok := r.routes[pattern]
	if !ok {
		r.err = errors.Join(r.err, fmt.Errorf("operation %s has no route: add it to the table", pattern))
		return
	}
	r.found[pattern] = true
	r.Handle(pattern, r.server.protect(route, r.parameters[pattern], http.HandlerFunc(handler)))
}

// register registers every operation of the contract. An operation without a route and a route without an operation are errors.
func (s *server) register(routes map[string]route) error {
	parameters, err := parameterSchemas()
	if err != nil {
		return err
	}
	r := &registrar{ServeMux: s.mux, server: s, routes: routes, parameters: parameters, found: map[string]bool{}}
	HandlerWithOptions(s, StdHTTPServerOptions{BaseRouter: r, ErrorHandlerFunc: s.badParameter})
	for pattern := range routes {
		if !r.found[pattern] {
			r.err = errors.Join(r.err, fmt.Errorf("route %s has no operation: remove it from the table", pattern))
		}
	}
	return r.err
}
