// Package authtest stores accounts in memory, for tests without a database. The tests of internal/auth run on it and on a real
// PostgreSQL, so that both behave alike.
package authtest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/problem"
)

// Memory is a repository in memory.
type Memory struct {
	mu         sync.Mutex
	made       int
	users      map[string]auth.User
	identities map[auth.Identity]string
	sessions   map[string]auth.Session
	tokens     map[string]auth.Token
	logins     map[string]auth.Login // by their sessions
	attempts   map[string]auth.Attempts
}

var _ auth.Repository = (*Memory)(nil)

// NewMemory returns an empty repository.
func NewMemory() *Memory {
	return &Memory{
		users: map[string]auth.User{}, identities: map[auth.Identity]string{}, sessions: map[string]auth.Session{},
		tokens: map[string]auth.Token{}, logins: map[string]auth.Login{}, attempts: map[string]auth.Attempts{},
	}
}

func (m *Memory) lock() func() {
	m.mu.Lock()
	return m.mu.Unlock
}

// id returns a new id in the form of a UUID.
func (m *Memory) id() string {
	m.made++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", m.made)
}

func none(what string) error { return &problem.Error{Kind: problem.NotFound, Message: what} }

// CreateUser implements auth.Repository.
func (m *Memory) CreateUser(_ context.Context, user auth.User, identity *auth.Identity) (auth.User, error) {
	defer m.lock()()
	for _, other := range m.users {
		if other.Email == user.Email {
			return auth.User{}, problem.Errorf(problem.UserConflict, "An account with this email address already exists")
		}
	}
	user.ID = m.id()
	m.users[user.ID] = user
	if identity != nil {
		m.identities[*identity] = user.ID
	}
	return user, nil
}

// User implements auth.Repository.
func (m *Memory) User(_ context.Context, id string) (auth.User, error) {
	defer m.lock()()
	user, ok := m.users[id]
	if !ok {
		return auth.User{}, none("User not found")
	}
	return user, nil
}

// UserByEmail implements auth.Repository.
func (m *Memory) UserByEmail(_ context.Context, email string) (auth.User, error) {
	defer m.lock()()
	for _, user := range m.users {
		if user.Email == email {
			return user, nil
		}
	}
	return auth.User{}, none("User not found")
}

// UserByIdentity implements auth.Repository.
func (m *Memory) UserByIdentity(_ context.Context, identity auth.Identity) (auth.User, error) {
	defer m.lock()()
	user, ok := m.users[m.identities[identity]]
	if !ok {
		return auth.User{}, none("User not found")
	}
	return user, nil
}

// Users implements auth.Repository.
func (m *Memory) Users(context.Context) ([]auth.User, error) {
	defer m.lock()()
	return slices.SortedFunc(maps.Values(m.users), func(a, b auth.User) int { return cmp.Compare(a.Email, b.Email) }), nil
}

// RecordSignIn implements auth.Repository.
func (m *Memory) RecordSignIn(_ context.Context, id string, at time.Time) error {
	defer m.lock()()
	user, ok := m.users[id]
	if !ok {
		return none("User not found")
	}
	user.LastSignInAt = at
	m.users[id] = user
	return nil
}

// UpdateUser implements auth.Repository.
func (m *Memory) UpdateUser(_ context.Context, id string, change func(*auth.User)) (auth.User, error) {
	defer m.lock()()
	before, ok := m.users[id]
	if !ok {
		return auth.User{}, none("User not found")
	}
	user := before
	change(&user)
	m.users[id] = user
	if err := m.requireActiveAdmin(before); err != nil {
		m.users[id] = before
		return auth.User{}, err
	}
	return user, nil
}

// DeleteUser implements auth.Repository.
func (m *Memory) DeleteUser(_ context.Context, id string) error {
	defer m.lock()()
	before, ok := m.users[id]
	if !ok {
		return none("User not found")
	}
	delete(m.users, id)
	if err := m.requireActiveAdmin(before); err != nil {
		m.users[id] = before
		return err
	}
	maps.DeleteFunc(m.identities, func(_ auth.Identity, user string) bool { return user == id })
	maps.DeleteFunc(m.sessions, func(_ string, session auth.Session) bool { return session.UserID == id })
	maps.DeleteFunc(m.tokens, func(_ string, token auth.Token) bool { return token.UserID == id })
	return nil
}

// requireActiveAdmin returns an error if the user was the last administrator who can sign in.
func (m *Memory) requireActiveAdmin(before auth.User) error {
	if before.Role != auth.Admin || before.Disabled {
		return nil
	}
	for _, user := range m.users {
		if user.Role == auth.Admin && !user.Disabled {
			return nil
		}
	}
	return problem.Errorf(problem.LastAdministrator, "This is the last administrator. Create another one first.")
}

// CreateSession implements auth.Repository.
func (m *Memory) CreateSession(_ context.Context, session auth.Session) error {
	defer m.lock()()
	m.sessions[string(session.Hash)] = session
	return nil
}

// Session implements auth.Repository.
func (m *Memory) Session(_ context.Context, hash []byte) (auth.Session, auth.User, error) {
	defer m.lock()()
	session, ok := m.sessions[string(hash)]
	if !ok {
		return auth.Session{}, auth.User{}, none("Session not found")
	}
	return session, m.users[session.UserID], nil
}

// TouchSession implements auth.Repository.
func (m *Memory) TouchSession(_ context.Context, hash []byte, seen time.Time) error {
	defer m.lock()()
	if session, ok := m.sessions[string(hash)]; ok {
		session.SeenAt = seen
		m.sessions[string(hash)] = session
	}
	return nil
}

// DeleteSession implements auth.Repository.
func (m *Memory) DeleteSession(_ context.Context, hash []byte) error {
	defer m.lock()()
	delete(m.sessions, string(hash))
	return nil
}

// DeleteSessions implements auth.Repository.
func (m *Memory) DeleteSessions(_ context.Context, userID string, kept []byte) error {
	defer m.lock()()
	maps.DeleteFunc(m.sessions, func(hash string, session auth.Session) bool { return session.UserID == userID && hash != string(kept) })
	return nil
}

// CreateToken implements auth.Repository.
func (m *Memory) CreateToken(_ context.Context, token auth.Token) (auth.Token, error) {
	defer m.lock()()
	token.ID = m.id()
	m.tokens[token.ID] = token
	return token, nil
}

// Token implements auth.Repository.
func (m *Memory) Token(_ context.Context, hash []byte) (auth.Token, auth.User, error) {
	defer m.lock()()
	for _, token := range m.tokens {
		if string(token.Hash) == string(hash) {
			return token, m.users[token.UserID], nil
		}
	}
	return auth.Token{}, auth.User{}, none("Token not found")
}

// Tokens implements auth.Repository.
func (m *Memory) Tokens(_ context.Context, userID string) ([]auth.Token, error) {
	defer m.lock()()
	var tokens []auth.Token
	for _, token := range m.tokens {
		if token.UserID == userID {
			tokens = append(tokens, token)
		}
	}
	slices.SortFunc(tokens, func(a, b auth.Token) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return tokens, nil
}

// TouchToken implements auth.Repository.
func (m *Memory) TouchToken(_ context.Context, id string, used time.Time) error {
	defer m.lock()()
	if token, ok := m.tokens[id]; ok {
		token.LastUsedAt = used
		m.tokens[id] = token
	}
	return nil
}

// DeleteToken implements auth.Repository.
func (m *Memory) DeleteToken(_ context.Context, userID, id string) (auth.Token, error) {
	defer m.lock()()
	token, ok := m.tokens[id]
	if !ok || token.UserID != userID {
		return auth.Token{}, none("Token not found")
	}
	delete(m.tokens, id)
	return token, nil
}

// ChangeAttempts implements auth.Repository.
func (m *Memory) ChangeAttempts(_ context.Context, key []byte, change func(auth.Attempts) auth.Attempts) error {
	defer m.lock()()
	m.attempts[string(key)] = change(m.attempts[string(key)])
	return nil
}

// DeleteAttempts implements auth.Repository.
func (m *Memory) DeleteAttempts(_ context.Context, key []byte) error {
	defer m.lock()()
	delete(m.attempts, string(key))
	return nil
}

// DeleteExpired implements auth.Repository.
func (m *Memory) DeleteExpired(_ context.Context, now, idleSince, staleBefore time.Time) error {
	defer m.lock()()
	maps.DeleteFunc(m.sessions, func(_ string, s auth.Session) bool { return !s.ExpiresAt.After(now) || s.SeenAt.Before(idleSince) })
	maps.DeleteFunc(m.tokens, func(_ string, t auth.Token) bool { return !t.ExpiresAt.After(now) })
	maps.DeleteFunc(m.logins, func(_ string, l auth.Login) bool { return !l.ExpiresAt.After(now) })
	maps.DeleteFunc(m.attempts, func(_ string, a auth.Attempts) bool { return a.LastAt.Before(staleBefore) })
	return nil
}
