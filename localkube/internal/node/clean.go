package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// cleanUp removes what an instance that does not run has left: a supervisor that was killed could not do it.
func cleanUp(ctx context.Context, opts Options) error {
	last, err := readState(opts.Dir)
	if err != nil {
		return err
	}
	if last == nil {
		return nil
	}
	if err := killRecorded(ctx, last); err != nil {
		return err
	}
	if err := os.Remove(statePath(opts.Dir)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove state: %w", err)
	}
	return nil
}

// killRecorded ends the components that the state names, as far as they are still the same processes.
func killRecorded(ctx context.Context, last *state) error {
	if last.Boot != bootID() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, component := range last.Components {
		if err := component.Signal(unix.SIGKILL); err != nil {
			return err
		}
		if err := component.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}
