package authtest

import (
	"context"

	"shopflow.dev/shopflow/internal/auth"
)

// CreateLogin implements auth.Repository.
func (m *Memory) CreateLogin(_ context.Context, login auth.Login) error {
	defer m.lock()()
	if _, ok := m.sessions[string(login.Session)]; !ok {
		return none("Session not found")
	}
	m.logins[string(login.Session)] = login
	return nil
}

// ConsumeLogin implements auth.Repository.
func (m *Memory) ConsumeLogin(_ context.Context, hash []byte) (auth.Login, auth.User, error) {
	defer m.lock()()
	for session, login := range m.logins {
		if string(login.Hash) != string(hash) {
			continue
		}
		delete(m.logins, session)
		if _, ok := m.sessions[session]; ok { // A login ends with its session.
			return login, m.users[login.UserID], nil
		}
	}
	return auth.Login{}, auth.User{}, none("Login not found")
}
