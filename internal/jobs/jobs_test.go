package jobs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu      sync.Mutex
	content bytes.Buffer
}

func (l *logBuffer) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content.Write(line)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content.String()
}

// eventually waits until the condition holds, at most 30 s.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

// TestJobsThatGoWrong runs a bad job beside a good one.
func TestJobsThatGoWrong(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	for name, test := range map[string]struct {
		run   func(ctx context.Context) error
		log   string
		again bool // it is run again
	}{
		"Fails":     {func(context.Context) error { return errors.New("no space left") }, "no space left", true},
		"Panics":    {func(context.Context) error { panic("a bug") }, "panic: a bug", true}, //nolint:forbidigo // what is tested
		"Times out": {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "deadline exceeded", true},
		"Hangs":     {func(context.Context) error { <-release; return nil }, "does not stop", false},
	} {
		t.Run(name, func(t *testing.T) {
			var log logBuffer
			var mu sync.Mutex
			runs := map[string]int{}
			count := func(name string) int {
				mu.Lock()
				defer mu.Unlock()
				return runs[name]
			}
			counted := func(name string, run func(context.Context) error) Job {
				return Job{Name: name, Every: time.Millisecond, Timeout: 20 * time.Millisecond, Run: func(ctx context.Context) error {
					mu.Lock()
					runs[name]++
					mu.Unlock()
					return run(ctx)
				}}
			}
			runner := &Runner{
				jobs: []Job{counted("bad", test.run), counted("good", func(context.Context) error { return nil })},
				log:  slog.New(slog.NewTextHandler(&log, nil)), stopTimeout: 20 * time.Millisecond,
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { defer close(ended); runner.lead(ctx) }()
			eventually(t, test.log+" is logged", func() bool { return strings.Contains(log.String(), test.log) })
			good := count("good")
			eventually(t, "the good job is repeated", func() bool { return count("good") > good+3 })
			if test.again {
				eventually(t, "the bad job is repeated", func() bool { return count("bad") > 2 })
			} else if count("bad") != 1 {
				t.Errorf("a job that hangs was started %d times", count("bad"))
			}
			stop()
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
				t.Error("the runner does not end")
			}
		})
	}
}

func TestJobsAreComplete(t *testing.T) {
	good := Job{Name: "a", Every: time.Hour, Timeout: time.Minute, Run: func(context.Context) error { return nil }}
	without := func(change func(*Job)) Job { job := good; change(&job); return job }
	for name, jobs := range map[string][]Job{
		"NoName":     {without(func(j *Job) { j.Name = "" })},
		"NoInterval": {without(func(j *Job) { j.Every = 0 })},
		"NoTimeout":  {without(func(j *Job) { j.Timeout = 0 })},
		"NoWork":     {without(func(j *Job) { j.Run = nil })},
		"Twice":      {good, good},
	} {
		if err := validate(jobs); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := validate([]Job{good}); err != nil {
		t.Error(err)
	}
}
