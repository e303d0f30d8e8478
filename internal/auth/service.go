package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/internal/problem"
)

const (
	// sessionTTL is how long a session lasts at most.
	sessionTTL = 30 * 24 * time.Hour
	// sessionIdleTimeout is how long a session lasts without a request.
	sessionIdleTimeout = 7 * 24 * time.Hour
	// touchInterval is the precision of the time at which a session or token was last used: each write would cost a request.
	touchInterval = time.Minute
)

// Options are the policies for accounts.
type Options struct {
	// SignUp lets anybody create an account.
	SignUp bool
}

// Service has the use cases of accounts. Its errors are *problem.Error where the caller can act on them.
type Service struct {
	repository Repository
	hasher     *hasher
	clock      clock.PassiveClock
	options    Options
}

// New returns the use cases on the repository.
func New(repository Repository, clock clock.PassiveClock, options Options) *Service {
	return &Service{repository: repository, hasher: newHasher(), clock: clock, options: options}
}

// SignUpOpen reports whether anybody may create an account.
func (s *Service) SignUpOpen() bool { return s.options.SignUp }

// StartSession starts a session of the user and returns its id, which is a secret, and its principal.
func (s *Service) StartSession(ctx context.Context, user User) (id string, p Principal, err error) {
	now := s.now()
	id = rand.Text() + rand.Text()
	session := Session{Hash: digest(id), UserID: user.ID, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(sessionTTL)}
	if err := s.repository.CreateSession(ctx, session); err != nil {
		return "", Principal{}, fmt.Errorf("start a session: %w", err)
	}
	if err := s.repository.RecordSignIn(ctx, user.ID, now); err != nil {
		return "", Principal{}, fmt.Errorf("record the sign-in: %w", err)
	}
	user.LastSignInAt = now
	return id, s.sessionPrincipal(user, session), nil
}

// Session returns the principal whose session has the id.
func (s *Service) Session(ctx context.Context, id string) (Principal, error) {
	session, user, err := s.repository.Session(ctx, digest(id))
	if problem.IsKind(err, problem.NotFound) {
		return Principal{}, unauthenticated()
	}
	if err != nil {
		return Principal{}, fmt.Errorf("find the session: %w", err)
	}
	now := s.now()
	if user.Disabled || !now.Before(session.ExpiresAt) || now.Sub(session.SeenAt) > sessionIdleTimeout {
		return Principal{}, unauthenticated()
	}
	if now.Sub(session.SeenAt) >= touchInterval {
		if err := s.repository.TouchSession(ctx, session.Hash, now); err != nil {
			return Principal{}, fmt.Errorf("record the use of the session: %w", err)
		}
	}
	return s.sessionPrincipal(user, session), nil
}

func (s *Service) sessionPrincipal(user User, session Session) Principal {
	p := principal(user, ViaSession, user.Role.Scopes(), session.ExpiresAt)
	p.session = session.Hash
	return p
}

// EndSession ends the principal's session, if it has one.
func (s *Service) EndSession(ctx context.Context, p Principal) error {
	if p.Via != ViaSession {
		return nil
	}
	if err := s.repository.DeleteSession(ctx, p.session); err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	return nil
}

// DeleteExpired deletes sessions, tokens, logins and attempts that no longer count.
func (s *Service) DeleteExpired(ctx context.Context) error {
	now := s.now()
	if err := s.repository.DeleteExpired(ctx, now, now.Add(-sessionIdleTimeout), now.Add(-24*time.Hour)); err != nil {
		return fmt.Errorf("delete what has expired: %w", err)
	}
	return nil
}

// now is the time, in the precision of the database.
func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Microsecond) }

// digest returns what is stored of a secret that is too random to be guessed.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// normalizeEmail returns the form in which an email address is stored and compared.
func normalizeEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }
