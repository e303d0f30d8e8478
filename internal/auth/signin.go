package auth

import (
	"context"
	"fmt"
	"time"

	"shopflow.dev/shopflow/internal/problem"
)

const (
	// freeFailures is how many failures in a row from one network have no consequence.
	freeFailures = 4
	// freeFailuresAnywhere is the same from everywhere. It is high, since with it a stranger can lock somebody out.
	freeFailuresAnywhere = 50
	// firstLock is how long the next failure locks; each further one locks twice as long.
	firstLock = time.Minute
	// longestLock bounds that.
	longestLock = 15 * time.Minute
	// forgetAfter is after how long without a failure all is forgotten.
	forgetAfter = time.Hour
)

// SignIn returns the user with the address and the password. A wrong address and a wrong password look the same, and take the
// same time. Repeated failures lock the address, whether or not anybody has it: soon for the network of the client that failed, late
// for everybody. The network is any text that its clients have in common.
func (s *Service) SignIn(ctx context.Context, email, password, network string) (User, error) {
	// Whoever waits in vain for a turn has not tried.
	done, err := s.hasher.turn(ctx)
	if err != nil {
		return User{}, err
	}
	defer done()
	var user User
	if address := Address(email); address != "" { // Nobody has what is no address, and a database may not even take it.
		user, err = s.repository.UserByEmail(ctx, address)
		if err != nil && !problem.IsKind(err, problem.NotFound) {
			return User{}, fmt.Errorf("find the user: %w", err)
		}
	}
	// The failures are those of one password: a new one ends the lock.
	what := "sign in " + normal(email) + " " + user.PasswordHash
	here, anywhere := digest(what+" from "+network), digest(what)
	// While everybody is locked out, a try counts for no network either.
	if err := s.unlocked(ctx, anywhere); err != nil {
		return User{}, err
	}
	if err := s.attempt(ctx, here, freeFailures); err != nil {
		return User{}, err
	}
	if err := s.attempt(ctx, anywhere, freeFailuresAnywhere); err != nil {
		return User{}, err
	}
	right, err := s.hasher.compare(user.PasswordHash, password)
	if err != nil {
		return User{}, err
	}
	if !right || user.Disabled {
		return User{}, signInFailed()
	}
	for _, key := range [][]byte{here, anywhere} {
		if err := s.repository.DeleteAttempts(ctx, key); err != nil {
			return User{}, fmt.Errorf("forget failures: %w", err)
		}
	}
	return user, nil
}

// attempt counts a try as failed before it is known whether it is: many tries at once then count like many in a row. It
// returns an error if the key is locked.
func (s *Service) attempt(ctx context.Context, key []byte, free int) error {
	now, wait := s.now(), time.Duration(0)
	err := s.repository.ChangeAttempts(ctx, key, func(attempts Attempts) Attempts {
		attempts, wait = next(attempts, free, now)
		return attempts
	})
	if err != nil {
		return fmt.Errorf("count the try: %w", err)
	}
	return locked(wait)
}

// unlocked returns an error if the key is locked, and counts nothing.
func (s *Service) unlocked(ctx context.Context, key []byte) error {
	now, wait := s.now(), time.Duration(0)
	err := s.repository.ChangeAttempts(ctx, key, func(attempts Attempts) Attempts {
		wait = attempts.LockedUntil.Sub(now)
		return attempts
	})
	if err != nil {
		return fmt.Errorf("look for a lock: %w", err)
	}
	return locked(wait)
}

// locked returns the error of a lock that holds for a while yet; nil if it does not.
func locked(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return &problem.Error{Kind: problem.TooManyAttempts, Message: "There were too many failed tries; wait a while", RetryAfter: wait}
}

// next counts a try. It returns how long to wait if the try is not allowed; such a try changes nothing.
func next(attempts Attempts, free int, now time.Time) (Attempts, time.Duration) {
	if wait := attempts.LockedUntil.Sub(now); wait > 0 {
		return attempts, wait
	}
	if now.Sub(attempts.LastAt) > forgetAfter {
		attempts = Attempts{}
	}
	attempts.Failures++
	attempts.LastAt = now
	attempts.LockedUntil = now
	if excess := attempts.Failures - free; excess > 0 {
		attempts.LockedUntil = now.Add(min(firstLock<<min(excess-1, 10), longestLock))
	}
	return attempts, 0
}
