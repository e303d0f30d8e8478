package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"syscall"
	"time"
)

// ErrReported says that what went wrong was written already.
var ErrReported = errors.New("reported")

// Start starts the instance in the background and returns when it is ready. Progress goes to out. An instance that runs already is left alone.
func Start(ctx context.Context, opts Options, out io.Writer) error {
	running, err := locked(opts.Dir)
	if err != nil {
		return err
	}
	if running {
		return awaitRunning(ctx, opts)
	}
	progress, err := spawn(ctx, opts)
	if err != nil {
		return err
	}
	defer progress.Close()
	if _, err := io.Copy(out, progress); err != nil {
		return fmt.Errorf("read progress: %w", err)
	}
	// The supervisor closes its end of the pipe when it is ready, or by ending. It may also have found that another one was quicker.
	running, err = locked(opts.Dir)
	if err != nil {
		return err
	}
	if running {
		return awaitRunning(ctx, opts)
	}
	return ErrReported
}

// spawn starts the supervisor in a session of its own, and returns what it reports until it is ready.
func spawn(ctx context.Context, opts Options) (progress *os.File, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	log, err := openSupervisorLog(opts.Dir)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	progress, theirs, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("create pipe: %w", err)
	}
	defer theirs.Close()
	const firstExtraFile = 3
	cmd := exec.Command(program, append(opts.args(), "--report-fd="+strconv.Itoa(firstExtraFile))...) //nolint:noctx,gosec // this program, which outlives the start
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, []*os.File{theirs}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	if err := cmd.Start(); err != nil {
		_ = progress.Close()
		return nil, fmt.Errorf("start the supervisor: %w", err)
	}
	// A start that is interrupted must not leave half a node.
	unhook := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	go func() {
		defer unhook()
		_ = cmd.Wait()
	}()
	return progress, nil
}

// args are the command line that runs the instance.
func (o Options) args() []string {
	args := []string{"run", "--name=" + o.Name, "--dir=" + o.Dir}
	for _, publication := range o.Publish {
		args = append(args, fmt.Sprintf("--publish=%d:%d", publication.Port, publication.NodePort))
	}
	if o.ControlPlane {
		args = append(args, "--control-plane")
	}
	return args
}

func openSupervisorLog(dir string) (*os.File, error) {
	path := filepath.Join(dir, "node", "log", "localkube.log")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create log folder: %w", err)
	}
	if err := os.Rename(path, path+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("rename the last log: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) // #nosec G304 -- a log of the instance
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return file, nil
}

// RunInBackground is Run for a supervisor that Start started: progress is closed when the instance is ready.
func RunInBackground(ctx context.Context, opts Options, progress io.WriteCloser, log io.Writer) error {
	defer progress.Close()
	// The log comes first: it is still written when progress has been closed.
	report := NewReport(io.MultiWriter(log, progress))
	err := Run(ctx, opts, report, func(string) {
		report.Since("ready")
		_ = progress.Close()
	})
	if err == nil || errors.Is(err, errRunning) {
		return nil
	}
	report.Say("localkube: %v", err)
	return ErrReported
}

// awaitRunning waits until the instance that runs already is ready.
func awaitRunning(ctx context.Context, opts Options) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	return until(ctx, 100*time.Millisecond, func(ctx context.Context) error {
		running, err := locked(opts.Dir)
		if err == nil && !running {
			err = stopWaiting(fmt.Errorf("instance %s was stopped meanwhile", opts.Name))
		}
		if err != nil {
			return err
		}
		state, err := readState(opts.Dir)
		switch {
		case err != nil:
			return err
		case state == nil || !state.Ready:
			return fmt.Errorf("instance %s is not ready yet", opts.Name)
		case !reflect.DeepEqual(state.Options, opts):
			return stopWaiting(fmt.Errorf("instance %s runs with other options: stop it first", opts.Name))
		}
		l := layout{Options: opts}
		api, err := newProbe(l, "ca", "admin", nil)
		if err != nil {
			return err
		}
		return api.ask(ctx, state.Server+"/readyz")
	})
}
