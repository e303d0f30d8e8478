// Package process keeps child processes running and tells processes apart for good.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Identity names one process for the life of the machine. A pid alone is not enough: the kernel uses it again.
type Identity struct {
	PID int `json:"pid"`
	// Started is when the process started, in clock ticks since the machine started.
	Started uint64 `json:"started"`
}

// Identify returns the identity of the process that has the pid now.
func Identify(pid int) (Identity, error) {
	started, _, err := readStat(pid)
	if err != nil {
		return Identity{}, fmt.Errorf("identify process %d: %w", pid, err)
	}
	return Identity{PID: pid, Started: started}, nil
}

// Alive tells whether the process still runs. A process that has ended but was not waited for does not.
func (i Identity) Alive() bool {
	if i.PID <= 0 {
		return false
	}
	started, state, err := readStat(i.PID)
	return err == nil && started == i.Started && state != "Z" && state != "X"
}

// Signal sends a signal to the process and to no other. A process that has ended is no error.
func (i Identity) Signal(signal unix.Signal) error {
	fd, err := i.open()
	if err != nil || fd < 0 {
		return err
	}
	defer unix.Close(fd)
	if err := unix.PidfdSendSignal(fd, signal, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("signal process %d: %w", i.PID, err)
	}
	return nil
}

// pollMilliseconds is how often a wait looks whether it is still wanted.
const pollMilliseconds = 50

// Wait returns when the process has ended, or with the context's error.
func (i Identity) Wait(ctx context.Context) error {
	fd, err := i.open()
	if err != nil || fd < 0 {
		return err
	}
	defer unix.Close(fd)
	for ctx.Err() == nil {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, pollMilliseconds) // #nosec G115 -- descriptors are small
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("wait for process %d: %w", i.PID, err)
		}
		if n > 0 {
			return nil
		}
	}
	return fmt.Errorf("wait for process %d: %w", i.PID, ctx.Err())
}

// open returns a descriptor of the process, or -1 where it has ended.
func (i Identity) open() (int, error) {
	if i.PID <= 0 {
		return -1, nil
	}
	fd, err := unix.PidfdOpen(i.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return -1, nil
	}
	if err != nil {
		return -1, fmt.Errorf("open process %d: %w", i.PID, err)
	}
	// The descriptor holds the process that had the pid a moment ago: only then does the start time speak for it.
	if !i.Alive() {
		return -1, unix.Close(fd)
	}
	return fd, nil
}

// readStat returns the start time and the state letter of a process.
func readStat(pid int) (started uint64, state string, err error) {
	content, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, "", err
	}
	// The command name in brackets may hold blanks and brackets itself: what counts comes behind the last one.
	_, rest, found := cutLast(string(content), ") ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 20 {
		return 0, "", fmt.Errorf("read /proc/%d/stat: unknown form", pid)
	}
	started, err = strconv.ParseUint(fields[19], 10, 64)
	return started, fields[0], err
}

func cutLast(s, sep string) (before, after string, found bool) {
	at := strings.LastIndex(s, sep)
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+len(sep):], true
}
