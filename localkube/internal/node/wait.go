package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// until asks again and again, and returns when there is nothing more to wait for. When the context ends first, it returns the last answer.
func until(ctx context.Context, every time.Duration, ask func(ctx context.Context) error) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		if final, ok := errors.AsType[finalError](err); ok {
			return final.error
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-ticker.C:
		}
	}
}

// finalError is an answer that asking again would not change.
type finalError struct{ error }

func stopWaiting(err error) error { return finalError{err} }

// errElsewhere says that what was waited for failed, and that the function which provides it says why.
var errElsewhere = errors.New("failed elsewhere")

// closed waits for a signal of another task.
func closed(ctx context.Context, signal <-chan struct{}) error {
	select {
	case <-signal:
		return nil
	case <-ctx.Done():
		return errElsewhere
	}
}

// together runs tasks at the same time. When one fails the others end too, and only what was a cause is returned.
func together(ctx context.Context, tasks ...func(ctx context.Context) error) error {
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed failures
	var running sync.WaitGroup
	for _, task := range tasks {
		running.Go(func() {
			err := task(within)
			consequence := errors.Is(err, context.Canceled) && ctx.Err() == nil
			if err != nil && !consequence && !errors.Is(err, errElsewhere) {
				failed.add(err)
			}
			if err != nil {
				cancel()
			}
		})
	}
	running.Wait()
	if err := failed.err(); err != nil {
		return err
	}
	return ctx.Err()
}
