package helmrelease

import (
	"context"
	"fmt"

	"k8s.io/utils/clock"
)

// maxRounds bounds Converge. It is enough to unlock and upgrade, or to complete an uninstall and install, and to see that it worked.
const maxRounds = 4

// Target is a release and what it should be.
type Target struct {
	Request
	Desired
	Clock clock.PassiveClock
	// Seen is what was observed a moment ago, nil to observe first.
	Seen *Observed
	// Before runs before each action. An action that it does not allow is left for later. Nil allows every action.
	Before func(ctx context.Context, observed Observed, action Action) (allowed bool, err error)
}

// Result is where Converge stopped: ActionNone means that the release is as desired, ActionWait that it is too early to act, and any
// other action that it is still to be done.
type Result struct {
	Observed Observed
	Decision
	// Changed means that an action changed the release.
	Changed bool
}

// ActionError means that an action on a release failed, as opposed to reading its state.
type ActionError struct {
	Action Action
	Err    error
}

func (e *ActionError) Error() string { return e.Err.Error() }

func (e *ActionError) Unwrap() error { return e.Err }

// Converge observes a release, decides and acts until there is nothing to do now. It stops early when an action has no effect: then
// another client works on the same release. The result is valid even with an *ActionError.
func (c *Client) Converge(ctx context.Context, target Target) (Result, error) {
	var result Result
	changed := false
	for range maxRounds {
		last := result.Action
		observed, err := c.seen(ctx, &target)
		if err != nil {
			return Result{}, err
		}
		result = Result{Observed: observed, Decision: Decide(observed, target.Desired, target.Clock.Now()), Changed: changed}
		if result.Action == ActionNone || result.Action == ActionWait || result.Action == last {
			return result, nil
		}
		if target.Before != nil {
			if allowed, err := target.Before(ctx, observed, result.Action); err != nil || !allowed {
				return result, err
			}
		}
		if err := c.act(ctx, target.Request, result.Action); err != nil {
			return result, &ActionError{Action: result.Action, Err: err}
		}
		changed = true
	}
	return result, nil
}

// seen returns what was observed a moment ago, once, and observes after that.
func (c *Client) seen(ctx context.Context, target *Target) (Observed, error) {
	if seen := target.Seen; seen != nil {
		target.Seen = nil
		return *seen, nil
	}
	return c.Observe(ctx, target.Namespace, target.Name)
}

func (c *Client) act(ctx context.Context, request Request, action Action) error {
	switch action {
	case ActionInstall:
		return c.Install(ctx, request)
	case ActionUpgrade:
		return c.Upgrade(ctx, request)
	case ActionUnlock:
		return c.Unlock(ctx, request.Namespace, request.Name)
	case ActionUninstall:
		return c.Uninstall(ctx, request.Namespace, request.Name)
	default:
		return fmt.Errorf("unknown action %s", action)
	}
}
