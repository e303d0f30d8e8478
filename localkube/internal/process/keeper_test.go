package process

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/utils/clock"
)

// history records what a keeper tells.
type history struct {
	mu     sync.Mutex
	states []State
	news   chan State
}

func newHistory() *history { return &history{news: make(chan State, 100)} }

func (h *history) changed(_ string, state State) {
	h.mu.Lock()
	h.states = append(h.states, state)
	h.mu.Unlock()
	h.news <- state
}

// next waits for the next state that the condition holds for.
func (h *history) next(t *testing.T, holds func(State) bool) State {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case state := <-h.news:
			if holds(state) {
				return state
			}
		case <-deadline:
			t.Fatal("the state did not come within 10 s")
		}
	}
}

// spoken is closed by the first word of a child.
type spoken struct {
	once sync.Once
	word chan struct{}
}

func (s *spoken) Write(p []byte) (int, error) {
	s.once.Do(func() { close(s.word) })
	return len(p), nil
}

func keep(t *testing.T, script string, grace time.Duration, log io.Writer) (*history, func()) {
	t.Helper()
	told := newHistory()
	ctx, cancel := context.WithCancel(t.Context())
	threads, end := context.WithCancel(context.Background())
	keeper := &Keeper{
		Name: "child", Path: "/bin/sh", Args: []string{"-c", script}, Log: log, Grace: grace,
		Starter: NewThread(threads), Clock: clock.RealClock{}, Changed: told.changed,
		Backoff: Backoff{First: time.Millisecond, Most: 20 * time.Millisecond, Steady: time.Hour},
	}
	done := make(chan struct{})
	go func() { defer close(done); keeper.Run(ctx) }()
	stop := func() { cancel(); <-done; end() }
	t.Cleanup(stop)
	return told, stop
}

func TestKeeperStartsAgainWhatEnds(t *testing.T) {
	told, _ := keep(t, "exit 3", time.Second, io.Discard)
	state := told.next(t, func(s State) bool { return s.Restarts == 3 && !s.Running })
	if state.LastExit != "exit status 3" {
		t.Errorf("last exit is %q, want exit status 3", state.LastExit)
	}
}

func TestKeeperStartsAgainWhatWasKilled(t *testing.T) {
	told, _ := keep(t, "exec sleep 1000", time.Second, io.Discard)
	first := told.next(t, func(s State) bool { return s.Running })
	if err := first.Signal(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	second := told.next(t, func(s State) bool { return s.Running })
	if second.PID == first.PID || second.Restarts != 1 {
		t.Errorf("after a kill the state is %+v, want another process and one restart", second)
	}
	if first.Alive() || !second.Alive() {
		t.Errorf("alive are first %t and second %t, want the second alone", first.Alive(), second.Alive())
	}
}

func TestKeeperEndsWhatItKeeps(t *testing.T) {
	tests := map[string]struct{ script, reason string }{
		"Willing":  {"echo here; exec sleep 1000", "SIGTERM is enough"},
		"Stubborn": {"trap '' TERM; echo here; while :; do sleep 0.05; done", "SIGKILL follows after the grace"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			log := &spoken{word: make(chan struct{})}
			told, stop := keep(t, test.script, 100*time.Millisecond, log)
			running := told.next(t, func(s State) bool { return s.Running })
			select {
			case <-log.word:
			case <-time.After(10 * time.Second):
				t.Fatal("the child said nothing within 10 s")
			}
			stop()
			if running.Alive() {
				t.Errorf("the process lives on: %s", test.reason)
			}
		})
	}
}

func TestChildDiesWithItsThread(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	told := newHistory()
	kept := &Keeper{
		Name: "child", Path: "/bin/sleep", Args: []string{"1000"}, Log: io.Discard, Grace: time.Second,
		Starter: NewThread(ctx), Clock: clock.RealClock{}, Changed: told.changed,
		Backoff: Backoff{First: time.Hour, Most: time.Hour, Steady: time.Hour},
	}
	running, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); kept.Run(running) }()
	t.Cleanup(func() { stop(); <-done })
	child := told.next(t, func(s State) bool { return s.Running })
	end()
	ended := told.next(t, func(s State) bool { return !s.Running })
	if child.Alive() || ended.LastExit != "signal: killed" {
		t.Errorf("the child lives %t, its exit was %q, want killed", child.Alive(), ended.LastExit)
	}
}

func TestBackoff(t *testing.T) {
	backoff := Backoff{First: 100 * time.Millisecond, Most: time.Second, Steady: time.Minute}
	tests := map[string]struct{ last, ran, want time.Duration }{
		"FirstEnd":    {0, time.Second, 100 * time.Millisecond},
		"Doubles":     {200 * time.Millisecond, time.Second, 400 * time.Millisecond},
		"IsBounded":   {800 * time.Millisecond, time.Second, time.Second},
		"StaysAtMost": {time.Second, time.Second, time.Second},
		"BeginsAgain": {time.Second, time.Minute, 100 * time.Millisecond},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := backoff.next(test.last, test.ran); got != test.want {
				t.Errorf("next(%s, %s) = %s, want %s", test.last, test.ran, got, test.want)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Wait is called twice: what the second says does not matter.
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	child, err := Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	later := Identity{PID: child.PID, Started: child.Started + 1}
	if later.Alive() {
		t.Error("a process with the same pid that started later counts as the same")
	}
	if err := later.Signal(unix.SIGKILL); err != nil || !child.Alive() {
		t.Fatalf("a signal for another process reached this one (error %v)", err)
	}
	if err := child.Signal(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := child.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if child.Alive() {
		t.Error("a process that ended, and that no process has waited for yet, counts as alive")
	}
}

func TestLogStaysWithinItsLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "child.log")
	log, err := OpenLog(path, 100)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("x", 29) + "\n"
	for range 10 {
		if _, err := log.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]int{path: 1, path + ".1": 3} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(content), line); got != want || len(content) != want*len(line) {
			t.Errorf("%s has %d bytes, want %d whole lines", filepath.Base(file), len(content), want)
		}
	}
	if got := Tail(path, 5); len(got) != 1 || got[0] != strings.TrimSpace(line) {
		t.Errorf("Tail = %q, want the one line", got)
	}
}
