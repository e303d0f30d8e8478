package progress

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

func TestDo(t *testing.T) {
	for name, test := range map[string]struct {
		work func(ctx context.Context) (string, error)
		want string
	}{
		"Quick":  {func(context.Context) (string, error) { return "", nil }, "✓ Build it 0.0 s\n"},
		"Noted":  {func(context.Context) (string, error) { return "cached", nil }, "✓ Build it 0.0 s (cached)\n"},
		"Failed": {func(context.Context) (string, error) { return "", errors.New("no disk") }, "✗ Build it 0.0 s\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			steps := New(&out)
			steps.clock = clocktesting.NewFakeClock(time.Unix(0, 0))
			err := steps.Do(t.Context(), "Build it", test.work)
			if out.String() != test.want {
				t.Errorf("wrote %q, want %q", out.String(), test.want)
			}
			if failed := strings.HasPrefix(test.want, "✗"); failed != (err != nil) {
				t.Errorf("got error %v", err)
			}
			if err != nil && err.Error() != "build it: no disk" {
				t.Errorf("got error %q", err)
			}
		})
	}
}

func TestDoAnnouncesWhatTakesLong(t *testing.T) {
	var out bytes.Buffer
	clock := clocktesting.NewFakeClock(time.Unix(0, 0))
	steps := New(&out)
	steps.clock = clock
	err := steps.Do(t.Context(), "Build it", func(ctx context.Context) (string, error) {
		deadline, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		for clock.Waiters() < 2 && deadline.Err() == nil {
			time.Sleep(time.Millisecond) //nolint:forbidigo // waits for the other goroutine's timer, bounded by the deadline
		}
		clock.Step(3 * time.Second)
		for deadline.Err() == nil {
			steps.mu.Lock()
			written := out.Len()
			steps.mu.Unlock()
			if written > 0 {
				return "", nil
			}
			time.Sleep(time.Millisecond) //nolint:forbidigo // as above
		}
		return "", deadline.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "… Build it\n✓ Build it 3.0 s\n"; out.String() != want {
		t.Errorf("wrote %q, want %q", out.String(), want)
	}
}
