package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// stopLimit is how long a supervisor may take to end everything.
const stopLimit = time.Minute

// Stop ends the instance and removes everything but its data: also what a supervisor that was killed left behind.
func Stop(ctx context.Context, opts Options, report *Report) error {
	if _, err := os.Stat((layout{Options: opts}).node()); errors.Is(err, os.ErrNotExist) {
		return cleanUp(ctx, opts)
	}
	unlock, err := takeOver(ctx, opts)
	if err != nil {
		return err
	}
	defer unlock()
	if err := cleanUp(ctx, opts); err != nil {
		return err
	}
	report.Since("stopped")
	return nil
}

// Destroy ends the instance and removes everything, its data too.
func Destroy(ctx context.Context, opts Options, report *Report) error {
	if err := Stop(ctx, opts, report); err != nil {
		return err
	}
	l := layout{Options: opts}
	if err := errors.Join(os.RemoveAll(l.node()), os.RemoveAll(l.adminKubeconfig())); err != nil {
		return fmt.Errorf("remove the data: %w", err)
	}
	report.Since("data removed")
	return nil
}

// takeOver ends the supervisor, if there is one, and takes its lock.
func takeOver(ctx context.Context, opts Options) (unlock func(), err error) {
	if unlock, err = lock(opts.Dir); !errors.Is(err, errRunning) {
		return unlock, err
	}
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	// The supervisor writes its identity a moment after it took the lock.
	var last *state
	err = until(ctx, pollEvery, func(context.Context) error {
		if last, err = readState(opts.Dir); err == nil && last == nil {
			err = errors.New("its supervisor has not said who it is")
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("stop instance %s: %w", opts.Name, err)
	}
	if err := last.Supervisor.Signal(unix.SIGTERM); err != nil {
		return nil, err
	}
	if err := last.Supervisor.Wait(ctx); err != nil {
		if err := last.Supervisor.Signal(unix.SIGKILL); err != nil {
			return nil, err
		}
	}
	err = until(context.WithoutCancel(ctx), pollEvery, func(context.Context) error {
		unlock, err = lock(opts.Dir)
		return err
	})
	return unlock, err
}
