package server

import (
	"net/http"
	"time"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/problem"
	"shopflow.dev/shopflow/internal/ratelimit"
)

// DefaultSignIns is how many sign-ins a minute each client address has unless the operator says otherwise. The people of an office, or
// tests that sign in one after the other from this machine, stay well below it; a list of passwords does not.
const DefaultSignIns = 20

// Limits say how often each client address may do what costs much and needs no credentials. The zero value sets no limits.
type Limits struct {
	SignIn   ratelimit.Rate // with a password, which costs a hash of it
	SignUp   ratelimit.Rate // which costs a hash and makes an account
	Provider ratelimit.Rate // each of the two steps of signing in with an identity provider
	Exchange ratelimit.Rate // of the code that a command line was given for its token
}

// LimitsFor returns the limits for so many sign-ins a minute; 0 means none at all. As many can be done at once. An identity provider
// takes two requests for one sign-in, and signing up is four times as rare.
func LimitsFor(signIns int) Limits {
	if signIns <= 0 {
		return Limits{}
	}
	every := time.Minute / time.Duration(signIns)
	rate := ratelimit.Rate{Burst: signIns, Every: every}
	return Limits{
		SignIn: rate, Exchange: rate,
		SignUp:   ratelimit.Rate{Burst: max(signIns/4, 1), Every: 4 * every},
		Provider: ratelimit.Rate{Burst: 2 * signIns, Every: every / 2},
	}
}

// limiters are the limits and what clients have left of them.
type limiters struct {
	signIn, signUp, provider, exchange *ratelimit.Limiter
}

func newLimiters(limits Limits, clock clock.PassiveClock) limiters {
	limiter := func(rate ratelimit.Rate) *ratelimit.Limiter { return ratelimit.New(rate, ratelimit.Clients, clock) }
	return limiters{
		signIn: limiter(limits.SignIn), signUp: limiter(limits.SignUp), provider: limiter(limits.Provider), exchange: limiter(limits.Exchange),
	}
}

// of returns the limiter of a route, and nil for a route without one.
func (l limiters) of(pattern string) *ratelimit.Limiter {
	switch pattern {
	case "POST /api/v1/session":
		return l.signIn
	case "POST /api/v1/users":
		return l.signUp
	case "GET /api/v1/auth/oidc/start", "GET /api/v1/auth/oidc/callback":
		return l.provider
	case "POST /api/v1/logins/exchange":
		return l.exchange
	default:
		return nil
	}
}

// limit counts the request of somebody who is not signed in, and returns an error if there were too many.
func (s *server) limit(r *http.Request, pattern string) error {
	limiter := s.limiters.of(pattern)
	if limiter == nil || auth.From(r.Context()).Via != "" {
		return nil
	}
	if wait := limiter.Take(s.clientOf(r)); wait > 0 {
		return &problem.Error{Kind: problem.TooManyRequests, RetryAfter: wait, Message: "Too many requests from your network; wait a moment"}
	}
	return nil
}
