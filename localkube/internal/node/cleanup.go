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
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	last, err := readState(opts.Dir)
	if err != nil {
		return err
	}
	if last != nil {
		if err := killRecorded(ctx, last); err != nil {
			return err
		}
	}
	if mayUseHost(opts, last) {
		if err := cleanUpHost(ctx, layout{Options: opts}); err != nil {
			return fmt.Errorf("clean up after instance %s: %w", opts.Name, err)
		}
	}
	if err := os.Remove(statePath(opts.Dir)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove state: %w", err)
	}
	return nil
}

// mayUseHost tells whether there may be more than processes to clean up.
func mayUseHost(opts Options, last *state) bool {
	if last != nil {
		return !last.Options.ControlPlane
	}
	_, err := os.Stat(runDir(opts.Name))
	return err == nil && os.Geteuid() == 0
}

// killRecorded ends the components that the state names, if they are still the same processes.
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
