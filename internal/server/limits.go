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

// limit names a limiter.
type limit string

const (
	limitSignIn   limit = "sign-in"
	limitSignUp   limit = "sign-up"
	limitProvider limit = "provider"
	limitExchange limit = "exchange"
)

// Limits say how often each client address may do what is expensive and needs no credentials. The zero value sets no limits.
type Limits struct {
	SignIn   ratelimit.Rate // with a password, which costs a hash of it
	SignUp   ratelimit.Rate // which costs a hash and creates an account
	Provider ratelimit.Rate // each of the two steps of signing in with an identity provider
	Exchange ratelimit.Rate // of a command line's code for its token
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

// limiters returns a limiter for each name that a route can have.
func (l Limits) limiters(clock clock.PassiveClock) map[limit]*ratelimit.Limiter {
	limiters := map[limit]*ratelimit.Limiter{}
	for name, rate := range map[limit]ratelimit.Rate{limitSignIn: l.SignIn, limitSignUp: l.SignUp, limitProvider: l.Provider, limitExchange: l.Exchange} {
		limiters[name] = ratelimit.New(rate, ratelimit.MaxClients, clock)
	}
	return limiters
}

// count counts the request without credentials, and returns an error if there were too many.
func (s *server) count(r *http.Request, limit limit) error {
	limiter := s.limiters[limit]
	if limiter == nil || auth.FromContext(r.Context()).Via != "" {
		return nil
	}
	if wait := limiter.Take(s.clientIP(r)); wait > 0 {
		return &problem.Error{Kind: problem.TooManyRequests, RetryAfter: wait, Message: "Too many requests from your network. Wait, then retry."}
	}
	return nil
}
