package auth

import (
	"context"
	"time"
)

// User is an account.
type User struct {
	ID           string // a UUID
	Email        string // lowercase
	Name         string
	Role         Role
	PasswordHash string // empty without a password
	Disabled     bool
	CreatedAt    time.Time
	LastSignInAt time.Time // zero if never
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

// Login is a person's permission for a command line to exchange a code, once, for an API token.
type Login struct {
	Hash      []byte // SHA-256 of the code
	Session   []byte // the hash of the session that allowed it, and with which it ends
	UserID    string
	Device    string
	Challenge string // of PKCE, S256
	Redirect  string
	ExpiresAt time.Time
}

// Attempts counts failed attempts.
type Attempts struct {
	Failures    int
	LastAt      time.Time
	LockedUntil time.Time
}

// Repository stores accounts. It returns a *problem.Error of the kind NotFound for what does not exist, and of UserConflict for an address in use.
// Changes are atomic and serialized.
type Repository interface {
	// CreateUser stores a new user, with the identity if there is one, and returns it with its id.
	CreateUser(ctx context.Context, user User, identity *Identity) (User, error)
	// User returns the user with the id, which may be any text.
	User(ctx context.Context, id string) (User, error)
	UserByEmail(ctx context.Context, email string) (User, error)
	UserByIdentity(ctx context.Context, identity Identity) (User, error)
	// Users returns all users, by address.
	Users(ctx context.Context) ([]User, error)
	// RecordSignIn records when the user last signed in.
	RecordSignIn(ctx context.Context, id string, at time.Time) error
	// UpdateUser changes name, role, password and disabled. It refuses to disable or demote the last administrator.
	UpdateUser(ctx context.Context, id string, change func(*User)) (User, error)
	// DeleteUser also deletes the user's identities, sessions and tokens.
	DeleteUser(ctx context.Context, id string) error

	CreateSession(ctx context.Context, session Session) error
	Session(ctx context.Context, hash []byte) (Session, User, error)
	TouchSession(ctx context.Context, hash []byte, seen time.Time) error
	DeleteSession(ctx context.Context, hash []byte) error
	// DeleteSessions ends all sessions of the user except the one to keep.
	DeleteSessions(ctx context.Context, userID string, keep []byte) error

	CreateToken(ctx context.Context, token Token) (Token, error)
	Token(ctx context.Context, hash []byte) (Token, User, error)
	// Tokens returns the user's tokens, newest first.
	Tokens(ctx context.Context, userID string) ([]Token, error)
	TouchToken(ctx context.Context, id string, used time.Time) error
	// DeleteToken returns the token that it deleted.
	DeleteToken(ctx context.Context, userID, id string) (Token, error)

	// CreateLogin stores a login in place of an earlier one of its session. It ends with the session.
	CreateLogin(ctx context.Context, login Login) error
	// ConsumeLogin deletes the login and returns it with its user.
	ConsumeLogin(ctx context.Context, hash []byte) (Login, User, error)

	// ChangeAttempts replaces the attempts of the key; they begin at zero.
	ChangeAttempts(ctx context.Context, key []byte, change func(Attempts) Attempts) error
	DeleteAttempts(ctx context.Context, key []byte) error

	// DeleteExpired deletes sessions, tokens and logins that expired, sessions not used since idleSince, and attempts before staleBefore.
	DeleteExpired(ctx context.Context, now, idleSince, staleBefore time.Time) error
}
