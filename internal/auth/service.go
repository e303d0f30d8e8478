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
	// sessionLife is how long a session lasts at most.
	sessionLife = 30 * 24 * time.Hour
	// sessionIdle is how long a session lasts without a request.
	sessionIdle = 7 * 24 * time.Hour
	// touchInterval is how exact it is known when a session or token was used last: a write each time would be one too many.
	touchInterval = time.Minute
	// CleanInterval is how often Clean should be called.
	CleanInterval = time.Hour
)

// Options say who may have an account.
type Options struct {
	// SignUp lets everybody make an account.
	SignUp bool
}

// Service is what can be done with accounts. Its errors are *problem.Error where the caller can do something about them.
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

// SignUpOpen reports whether everybody may make an account.
func (s *Service) SignUpOpen() bool { return s.options.SignUp }

// StartSession begins a session of the user and returns its id, which is a secret, and when it ends at the latest.
func (s *Service) StartSession(ctx context.Context, user User) (id string, p Principal, err error) {
	now := s.now()
	id = rand.Text() + rand.Text()
	session := Session{Hash: digest(id), UserID: user.ID, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(sessionLife)}
	if err := s.repository.CreateSession(ctx, session); err != nil {
		return "", Principal{}, fmt.Errorf("begin a session: %w", err)
	}
	if err := s.repository.NoteSignIn(ctx, user.ID, now); err != nil {
		return "", Principal{}, fmt.Errorf("note the sign-in: %w", err)
	}
	user.LastSignInAt = now
	return id, s.sessionPrincipal(user, session), nil
}

// Session returns whose session the id is of.
func (s *Service) Session(ctx context.Context, id string) (Principal, error) {
	session, user, err := s.repository.Session(ctx, digest(id))
	if problem.IsKind(err, problem.NotFound) {
		return Principal{}, unauthenticated()
	}
	if err != nil {
		return Principal{}, fmt.Errorf("find the session: %w", err)
	}
	now := s.now()
	if user.Disabled || !now.Before(session.ExpiresAt) || now.Sub(session.SeenAt) > sessionIdle {
		return Principal{}, unauthenticated()
	}
	if now.Sub(session.SeenAt) >= touchInterval {
		if err := s.repository.TouchSession(ctx, session.Hash, now); err != nil {
			return Principal{}, fmt.Errorf("note that the session is used: %w", err)
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

// Clean forgets what has expired.
func (s *Service) Clean(ctx context.Context) error {
	now := s.now()
	if err := s.repository.Clean(ctx, now, now.Add(-sessionIdle), now.Add(-24*time.Hour)); err != nil {
		return fmt.Errorf("forget what has expired: %w", err)
	}
	return nil
}

// now is the time, as exact as the database keeps it.
func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Microsecond) }

// digest is what is kept of a secret that is random enough not to be guessed.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// normal returns the one form of an e-mail address in which it is kept and compared.
func normal(email string) string { return strings.ToLower(strings.TrimSpace(email)) }
