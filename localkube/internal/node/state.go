package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"shopflow.dev/shopflow/localkube/internal/process"
)

// state is what an instance writes down about itself, for status and for the process that cleans up after it.
type state struct {
	Options    Options                  `json:"options"`
	Address    string                   `json:"address,omitempty"`
	Server     string                   `json:"server,omitempty"`
	Boot       string                   `json:"boot"`
	Supervisor process.Identity         `json:"supervisor"`
	Ready      bool                     `json:"ready"`
	Components map[string]process.State `json:"components"`
}

func statePath(dir string) string { return filepath.Join(dir, "node", "state.json") }

// readState returns the state that was written last, or nil where there is none. A damaged one says nothing either: what the instance left is
// also found without it.
func readState(dir string) (*state, error) {
	content, err := os.ReadFile(statePath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	var read state
	if json.Unmarshal(content, &read) != nil {
		return nil, nil //nolint:nilerr // damaged is as good as missing
	}
	return &read, nil
}

// record keeps the state and writes every change of it.
type record struct {
	mu    sync.Mutex
	dir   string
	state state
	// failed is told of a state that could not be written.
	failed func(error)
}

func (r *record) change(apply func(*state)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	apply(&r.state)
	if err := r.write(); err != nil {
		r.failed(err)
	}
}

func (r *record) component(name string) process.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.Components[name]
}

func (r *record) write() error {
	content, err := json.MarshalIndent(r.state, "", "  ")
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	part := statePath(r.dir) + ".part"
	if err := os.WriteFile(part, append(content, '\n'), 0o600); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return os.Rename(part, statePath(r.dir))
}

// bootID names the time since the machine started: process identities of another such time mean nothing.
func bootID() string {
	content, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return string(content[:len(content)-1])
}

// errRunning says that a supervisor of the instance lives.
var errRunning = errors.New("already running")

// lock makes this process the only one that changes the instance, until it ends or unlocks. It returns errRunning where another one is.
func lock(dir string) (unlock func(), err error) {
	file, err := openLock(dir)
	if err != nil {
		return nil, err
	}
	err = unix.FcntlFlock(file.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
	if err == nil {
		return func() { _ = file.Close() }, nil
	}
	_ = file.Close()
	if errors.Is(err, unix.EAGAIN) {
		return nil, errRunning
	}
	return nil, fmt.Errorf("lock instance: %w", err)
}

// locked tells whether a process has the lock, without taking it.
func locked(dir string) (bool, error) {
	file, err := openLock(dir)
	if err != nil {
		return false, err
	}
	defer file.Close()
	asked := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(file.Fd(), unix.F_OFD_GETLK, &asked); err != nil {
		return false, fmt.Errorf("look at the lock: %w", err)
	}
	return asked.Type != unix.F_UNLCK, nil
}

func openLock(dir string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Join(dir, "node"), 0o700); err != nil {
		return nil, fmt.Errorf("create data folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "node", "lock"), os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- a file of the instance
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	return file, nil
}
