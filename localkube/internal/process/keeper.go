package process

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/utils/clock"
)

// Starter starts a command, for example from a thread that lives in other namespaces.
type Starter interface {
	Start(cmd *exec.Cmd) error
}

// Backoff says how long to wait before a process is started again.
type Backoff struct {
	First, Most time.Duration
	// Steady is how long a process must have run for the waiting to begin at First again.
	Steady time.Duration
}

// next returns the wait after one that was this long, for a process that ran this long.
func (b Backoff) next(last, ran time.Duration) time.Duration {
	if last == 0 || ran >= b.Steady {
		return b.First
	}
	return min(2*last, b.Most)
}

// Keeper keeps one process running: it starts it again when it ends, for whatever reason.
type Keeper struct {
	Name string
	Path string
	Args []string
	Env  []string
	Log  io.Writer

	Starter Starter
	Backoff Backoff
	Clock   clock.Clock
	// Grace is how long the process may take to end after SIGTERM, before SIGKILL.
	Grace time.Duration
	// Changed is told of every start and every end.
	Changed func(name string, state State)
}

// State is what is known about a kept process.
type State struct {
	Identity
	Running  bool   `json:"running"`
	Restarts int    `json:"restarts"`
	LastExit string `json:"lastExit,omitempty"`
}

// Run keeps the process running until the context ends, then ends it and returns.
func (k *Keeper) Run(ctx context.Context) {
	var state State
	var wait time.Duration
	for {
		begun := k.Clock.Now()
		exit := k.once(ctx, &state)
		state.Running, state.Identity = false, Identity{}
		if ctx.Err() != nil {
			k.Changed(k.Name, state)
			return
		}
		state.LastExit = exit.Error()
		k.Changed(k.Name, state)
		wait = k.Backoff.next(wait, k.Clock.Since(begun))
		select {
		case <-ctx.Done():
			return
		case <-k.Clock.After(wait):
			state.Restarts++
		}
	}
}

// once runs the process to its end and returns how it ended, which is never nil.
func (k *Keeper) once(ctx context.Context, state *State) error {
	cmd := exec.Command(k.Path, k.Args...) //nolint:noctx,gosec // one of the node's own programs, ended by end, gently first
	cmd.Args[0] = k.Name
	cmd.Env = k.Env
	cmd.Stdout, cmd.Stderr = k.Log, k.Log
	// What the process itself started may hold its output open for longer.
	cmd.WaitDelay = 200 * time.Millisecond
	// The process belongs to no terminal, and dies with the thread that keeps it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if err := k.Starter.Start(cmd); err != nil {
		return err
	}
	state.Running = true
	if identity, err := Identify(cmd.Process.Pid); err == nil {
		state.Identity = identity
	}
	k.Changed(k.Name, *state)

	ended := make(chan struct{})
	var ending sync.WaitGroup
	ending.Go(func() { k.end(ctx, cmd, ended) })
	err := cmd.Wait()
	close(ended)
	ending.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if err == nil {
		return errors.New("ended on its own")
	}
	return err
}

// end ends the process when the context does.
func (k *Keeper) end(ctx context.Context, cmd *exec.Cmd, ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	// A process that has ended meanwhile cannot be signaled, and need not be.
	_ = cmd.Process.Signal(unix.SIGTERM)
	select {
	case <-ended:
	case <-k.Clock.After(k.Grace):
		_ = cmd.Process.Kill()
	}
}
