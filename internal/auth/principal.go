// Package auth knows people: their accounts, how they sign in, and what whoever sends a request may do. Accounts are kept in
// PostgreSQL; people sign in with a password or through an OpenID Connect provider, programs with API tokens.
package auth

import (
	"context"
	"slices"
	"time"
)

// Role is what a user is to the platform.
type Role string

// The roles.
const (
	// Merchant has the stores of their own.
	Merchant Role = "merchant"
	// Admin has every store, and the users.
	Admin Role = "admin"
)

// Scope is something that credentials may do.
type Scope string

// The scopes.
const (
	// StoresRead reads stores.
	StoresRead Scope = "stores:read"
	// StoresWrite changes stores and sees their credentials.
	StoresWrite Scope = "stores:write"
	// Account manages the user's own account and tokens.
	Account Scope = "account"
	// Administer acts as the administrator that the user is.
	Administer Scope = "admin"
)

// Scopes returns what a user of the role may do.
func (r Role) Scopes() []Scope {
	if r == Admin {
		return []Scope{StoresRead, StoresWrite, Account, Administer}
	}
	return []Scope{StoresRead, StoresWrite, Account}
}

// Via is what a request was signed in with.
type Via string

// The ways to be signed in.
const (
	ViaSession   Via = "session"
	ViaToken     Via = "token"
	ViaProvider  Via = "provider"
	ViaBootstrap Via = "bootstrap"
)

// BootstrapID is the user id of the administrator's bootstrap token, which belongs to no account.
const BootstrapID = "admin"

// Principal is whoever sends a request.
type Principal struct {
	User      User
	Scopes    []Scope
	Via       Via
	ExpiresAt time.Time // zero if the credentials do not end
	session   []byte    // the hash of the session's id, for ViaSession
}

// Bootstrap returns the principal of the bootstrap token.
func Bootstrap() Principal {
	return Principal{User: User{ID: BootstrapID, Name: "Bootstrap token", Role: Admin}, Scopes: Admin.Scopes(), Via: ViaBootstrap}
}

// May reports whether the principal's credentials have the scope.
func (p Principal) May(scope Scope) bool { return slices.Contains(p.Scopes, scope) }

// SeesAll reports whether the principal may do with every store what it may do with its own.
func (p Principal) SeesAll() bool { return p.User.Role == Admin && p.May(Administer) }

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

// With returns a context that carries the principal.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From returns the principal that the context carries; nobody, who may do nothing, if it carries none.
func From(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}
