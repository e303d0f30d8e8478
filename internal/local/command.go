package local

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// command is a program that Up runs. What it prints goes to a log; its last lines are shown when it fails.
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
	// Its own process group, so that its children end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = killDelay
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s: %w\n%s\nThe whole log is in %s", c.name, err, tail(log), c.log)
	}
	return nil
}

// tail returns the last lines of a log, indented.
func tail(log io.ReadSeeker) string {
	const most = 3000
	if size, err := log.Seek(0, io.SeekEnd); err == nil {
		_, _ = log.Seek(max(0, size-most), io.SeekStart)
	}
	content, err := io.ReadAll(io.LimitReader(log, most))
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return "  " + strings.Join(lines[max(0, len(lines)-15):], "\n  ")
}
