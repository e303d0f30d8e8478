package node

import (
	"context"
	"errors"
	"fmt"
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
		var final finalError
		if errors.As(err, &final) {
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
