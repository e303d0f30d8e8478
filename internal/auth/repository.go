package auth

import (
	"context"
	"time"
)

// User is an account.
type User struct {
	ID           string // a UUID
	Email        string // lower-case
	Name         string
	Role         Role
	PasswordHash string // empty for who has none
	Disabled     bool
	CreatedAt    time.Time
	LastSignInAt time.Time // zero for who never has
}

// Identity is who a user is to an OpenID Connect issuer.
type Identity struct {
	Issuer, Subject string
}

// Session is a signed-in browser.
type Session struct {
	Hash      []byte // SHA-256 of the session's id
	UserID    string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// Token is an API token.
type Token struct {
	ID         string // a UUID
	UserID     string
	Name       string
	Hash       []byte // SHA-256 of the secret
	Scopes     []Scope
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time // zero if it never was
}

// Login is what a person allowed a command line: to have an API token for a code, which is good once.
type Login struct {
	Hash      []byte // SHA-256 of the code
	Session   []byte // the hash of the session that allowed it, and with which it ends
	UserID    string
	Device    string
	Challenge string // of PKCE, S256
	Redirect  string
	ExpiresAt time.Time
}

// Attempts is how often something was tried in vain.
type Attempts struct {
	Failures    int
	LastAt      time.Time
	LockedUntil time.Time
}

// Repository keeps accounts. What is not there is a *problem.Error of the kind NotFound; an address in use is a UserConflict.
// Changes are atomic: two at once happen one after the other.
type Repository interface {
	// CreateUser keeps a new user, with the identity if one is given, and returns it with its id.
	CreateUser(ctx context.Context, user User, identity *Identity) (User, error)
	// User returns the user with the id, which may be any text.
	User(ctx context.Context, id string) (User, error)
	UserByEmail(ctx context.Context, email string) (User, error)
	UserByIdentity(ctx context.Context, identity Identity) (User, error)
	// Users returns everybody, sorted by address.
	Users(ctx context.Context) ([]User, error)
	// NoteSignIn notes when the user signed in last.
	NoteSignIn(ctx context.Context, id string, at time.Time) error
	// UpdateUser changes name, role, password and disabled. It refuses to leave no administrator who can sign in.
	UpdateUser(ctx context.Context, id string, change func(*User)) (User, error)
	// DeleteUser also deletes the user's identities, sessions and tokens.
	DeleteUser(ctx context.Context, id string) error

	CreateSession(ctx context.Context, session Session) error
	Session(ctx context.Context, hash []byte) (Session, User, error)
	TouchSession(ctx context.Context, hash []byte, seen time.Time) error
	DeleteSession(ctx context.Context, hash []byte) error
	// DeleteSessions ends all sessions of the user but the one kept.
	DeleteSessions(ctx context.Context, userID string, kept []byte) error

	CreateToken(ctx context.Context, token Token) (Token, error)
	Token(ctx context.Context, hash []byte) (Token, User, error)
	// Tokens returns the user's tokens, newest first.
	Tokens(ctx context.Context, userID string) ([]Token, error)
	TouchToken(ctx context.Context, id string, used time.Time) error
	// DeleteToken returns the token that it deleted.
	DeleteToken(ctx context.Context, userID, id string) (Token, error)

	// CreateLogin keeps a login in place of the last one of its session. It ends with the session.
	CreateLogin(ctx context.Context, login Login) error
	// TakeLogin forgets the login and returns it with its user.
	TakeLogin(ctx context.Context, hash []byte) (Login, User, error)

	// ChangeAttempts replaces what is known of the key; the zero value if nothing is.
	ChangeAttempts(ctx context.Context, key []byte, change func(Attempts) Attempts) error
	DeleteAttempts(ctx context.Context, key []byte) error

	// Clean deletes sessions, tokens and logins that expired, sessions not seen since idle, and attempts older than forgotten.
	Clean(ctx context.Context, now, idle, forgotten time.Time) error
}
