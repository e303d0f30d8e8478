package helmrelease

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// requestTimeout bounds one request to the API server, so that a call that was given up ends soon after.
	requestTimeout = 30 * time.Second
	// callTimeout bounds a call that runs no hooks.
	callTimeout = time.Minute
)

// ErrBusy means that an earlier call on the same release has not returned. Until it does, nothing is known about the release.
var ErrBusy = errors.New("a Helm call on this release has not returned")

// calls knows the releases that a call is running on.
type calls struct {
	mu      sync.Mutex
	running map[types.NamespacedName]bool
}

// begin reserves a release for one call, unless another one runs.
func (c *calls) begin(release types.NamespacedName) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running[release] {
		return false
	}
	if c.running == nil {
		c.running = map[types.NamespacedName]bool{}
	}
	c.running[release] = true
	return true
}

func (c *calls) end(release types.NamespacedName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, release)
}

// bound runs work on a release and returns its result, or ErrBusy after the timeout. The SDK ignores cancellation in most of what it
// does, so work that hangs continues in the background. Until it ends, further calls on the release return ErrBusy at once: two
// actions never run side by side, and the caller is free for other releases.
func bound[T any](c *calls, namespace, name string, timeout time.Duration, work func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var none T
	release := types.NamespacedName{Namespace: namespace, Name: name}
	if !c.begin(release) {
		return none, fmt.Errorf("release %s: %w", name, ErrBusy)
	}
	done := make(chan outcome, 1)
	go func() {
		var result outcome
		defer func() {
			if cause := recover(); cause != nil { // As the caller's own goroutine would, if the call ran there.
				result.err = fmt.Errorf("release %s: Helm panicked: %v", name, cause)
			}
			c.end(release)
			done <- result
		}()
		result.value, result.err = work()
	}()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case result := <-done:
		return result.value, result.err
	case <-timer.C:
		return none, fmt.Errorf("release %s: %w after %s", name, ErrBusy, timeout)
	}
}

// boundError is bound for work without a result.
func boundError(c *calls, namespace, name string, timeout time.Duration, work func() error) error {
	_, err := bound(c, namespace, name, timeout, func() (struct{}, error) { return struct{}{}, work() })
	return err
}
