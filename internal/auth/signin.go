package auth

import (
	"context"
	"fmt"
	"time"

	"shopflow.dev/shopflow/internal/problem"
)

const (
	// allowedFailures is how many failures in a row from one network have no consequence.
	allowedFailures = 4
	// allowedFailuresAnywhere is the same for all networks together. It is high, since with it a stranger can lock a person out.
	allowedFailuresAnywhere = 50
	// minLockout is how long the next failure locks; each further one locks twice as long.
	minLockout = time.Minute
	// maxLockout bounds a lockout.
	maxLockout = 15 * time.Minute
	// failureTTL is after how long without a failure earlier ones no longer count.
	failureTTL = time.Hour
)

// SignIn returns the user with the address and the password. A wrong address and a wrong password look the same and take the same
// time. Repeated failures lock the address, whether or not an account has it: soon for the network of the client that failed, late for
// all networks. The network is any text that its clients have in common.
func (s *Service) SignIn(ctx context.Context, email, password, network string) (User, error) {
	// Without a slot nothing is checked, so nothing is counted.
	release, err := s.hasher.acquire(ctx)
	if err != nil {
		return User{}, err
	}
	defer release()
	var user User
	if address := NormalizeEmail(email); address != "" { // The database may not even accept what is no address.
		user, err = s.repository.UserByEmail(ctx, address)
		if err != nil && !problem.IsKind(err, problem.NotFound) {
			return User{}, fmt.Errorf("find the user: %w", err)
		}
	}
	// Failures belong to one password: a new one ends the lockout.
	what := "sign in " + normalizeEmail(email) + " " + user.PasswordHash
	here, anywhere := digest(what+" from "+network), digest(what)
	// While all networks are locked out, an attempt counts for no single one either.
	if err := s.checkLockout(ctx, anywhere); err != nil {
		return User{}, err
	}
	if err := s.countAttempt(ctx, here, allowedFailures); err != nil {
		return User{}, err
	}
	if err := s.countAttempt(ctx, anywhere, allowedFailuresAnywhere); err != nil {
		return User{}, err
	}
	matches, err := s.hasher.compare(user.PasswordHash, password)
	if err != nil {
		return User{}, err
	}
	if !matches || user.Disabled {
		return User{}, signInFailed()
	}
	for _, key := range [][]byte{here, anywhere} {
		if err := s.repository.DeleteAttempts(ctx, key); err != nil {
			return User{}, fmt.Errorf("delete failures: %w", err)
		}
	}
	return user, nil
}

// countAttempt counts an attempt as failed before it is checked: concurrent attempts then count like consecutive ones. It returns an
// error if the key is locked.
func (s *Service) countAttempt(ctx context.Context, key []byte, allowed int) error {
	now, wait := s.now(), time.Duration(0)
	err := s.repository.ChangeAttempts(ctx, key, func(attempts Attempts) Attempts {
		attempts, wait = nextAttempts(attempts, allowed, now)
		return attempts
	})
	if err != nil {
		return fmt.Errorf("count the attempt: %w", err)
	}
	return lockoutError(wait)
}

// checkLockout returns an error if the key is locked, and counts nothing.
func (s *Service) checkLockout(ctx context.Context, key []byte) error {
	now, wait := s.now(), time.Duration(0)
	err := s.repository.ChangeAttempts(ctx, key, func(attempts Attempts) Attempts {
		wait = attempts.LockedUntil.Sub(now)
		return attempts
	})
	if err != nil {
		return fmt.Errorf("check for a lockout: %w", err)
	}
	return lockoutError(wait)
}

// lockoutError returns the error of a lockout that has a while to go; nil if there is none.
func lockoutError(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return &problem.Error{Kind: problem.TooManyAttempts, Message: "Too many failed attempts. Wait, then retry.", RetryAfter: wait}
}

// nextAttempts counts an attempt. It returns how long to wait if the attempt is not allowed; such an attempt changes nothing.
func nextAttempts(attempts Attempts, allowed int, now time.Time) (Attempts, time.Duration) {
	if wait := attempts.LockedUntil.Sub(now); wait > 0 {
		return attempts, wait
	}
	if now.Sub(attempts.LastAt) > failureTTL {
		attempts = Attempts{}
	}
	attempts.Failures++
	attempts.LastAt = now
	attempts.LockedUntil = now
	if excess := attempts.Failures - allowed; excess > 0 {
		attempts.LockedUntil = now.Add(min(minLockout<<min(excess-1, 10), maxLockout))
	}
	return attempts, 0
}
