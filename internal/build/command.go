package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// command is a program that a build runs. What it prints goes to a log, whose last lines are shown when it fails.
type command struct {
	dir  string
	env  []string
	log  string
	name string
	args []string
}

// killDelay is how long a program has to end after it was told to.
const killDelay = 10 * time.Second

func (c command) run(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(c.log), 0o750); err != nil {
		return err
	}
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, c.name, c.args...) // #nosec G204 -- the caller's own build commands
	cmd.Dir, cmd.Env = c.dir, append(os.Environ(), c.env...)
	cmd.Stdout, cmd.Stderr = log, log
	// A process group of its own, so that its children end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = killDelay
	err = cmd.Run()
	if ctx.Err() != nil {
		if cmd.Process != nil {
			endGroup(cmd.Process.Pid)
		}
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s\nThe whole log is in %s", filepath.Base(c.name), err, tail(log), RelativePath(c.log))
	}
	return nil
}

// endGroup waits until no process of the group is left: children may still be cleaning up when their parent has ended. Those that do
// not end are killed.
func endGroup(id int) {
	const interval = 50 * time.Millisecond
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for range killDelay / interval {
		if errors.Is(syscall.Kill(-id, 0), syscall.ESRCH) {
			return
		}
		<-ticker.C
	}
	_ = syscall.Kill(-id, syscall.SIGKILL)
}

// tail returns the last lines of a log, indented.
func tail(log io.ReadSeeker) string {
	const maxBytes, maxLines = 3000, 15
	if size, err := log.Seek(0, io.SeekEnd); err == nil {
		_, _ = log.Seek(max(0, size-maxBytes), io.SeekStart)
	}
	content, err := io.ReadAll(io.LimitReader(log, maxBytes))
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return "  " + strings.Join(lines[max(0, len(lines)-maxLines):], "\n  ")
}
