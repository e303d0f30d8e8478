// Package auth authenticates and authorizes: accounts, sessions, API tokens and identity providers. Accounts are in PostgreSQL; people
// sign in with a password or through an OpenID Connect provider, programs with API tokens.
package auth

import (
	"context"
	"slices"
	"time"
)

// Role is a user's role on the platform.
type Role string

// The roles.
const (
	// Merchant has their own stores.
	Merchant Role = "merchant"
	// Admin has all stores and users.
	Admin Role = "admin"
)

// Scope is something that credentials allow.
type Scope string

// The scopes.
const (
	// StoresRead reads stores.
	StoresRead Scope = "stores:read"
	// StoresWrite changes stores and sees their credentials.
	StoresWrite Scope = "stores:write"
	// Account manages the user's own account and tokens.
	Account Scope = "account"
	// Administer acts as an administrator, if the user is one.
	Administer Scope = "admin"
)

// Scopes returns the scopes of the role.
func (r Role) Scopes() []Scope {
	if r == Admin {
		return []Scope{StoresRead, StoresWrite, Account, Administer}
	}
	return []Scope{StoresRead, StoresWrite, Account}
}

// Via is how a request was authenticated.
type Via string

// The ways to authenticate.
const (
	ViaSession   Via = "session"
	ViaToken     Via = "token"
	ViaProvider  Via = "provider"
	ViaBootstrap Via = "bootstrap"
)

// BootstrapID is the user id of the administrator's bootstrap token, which belongs to no account.
const BootstrapID = "admin"

// Principal is the authenticated sender of a request.
type Principal struct {
	User      User
	Scopes    []Scope
	Via       Via
	ExpiresAt time.Time // zero if the credentials do not expire
	session   []byte    // the hash of the session's id, for ViaSession
}

// Bootstrap returns the principal of the bootstrap token.
func Bootstrap() Principal {
	return Principal{User: User{ID: BootstrapID, Name: "Bootstrap token", Role: Admin}, Scopes: Admin.Scopes(), Via: ViaBootstrap}
}

// HasScope reports whether the principal's credentials have the scope.
func (p Principal) HasScope(scope Scope) bool { return slices.Contains(p.Scopes, scope) }

// SeesAll reports whether the principal has all stores, and not only its own.
func (p Principal) SeesAll() bool { return p.User.Role == Admin && p.HasScope(Administer) }

// principal returns a user's principal: the scopes are those of both the credentials and the role.
func principal(user User, via Via, scopes []Scope, expires time.Time) Principal {
	p := Principal{User: user, Via: via, ExpiresAt: expires}
	for _, scope := range user.Role.Scopes() {
		if slices.Contains(scopes, scope) {
			p.Scopes = append(p.Scopes, scope)
		}
	}
	return p
}

type principalKey struct{}

// NewContext returns a context with the principal.
func NewContext(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// FromContext returns the principal of the context; the zero principal, which has no scope, if there is none.
func FromContext(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}
