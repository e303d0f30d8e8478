package progress

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"
)

// fixed returns Steps whose time stands still.
func fixed(out *bytes.Buffer) *Steps {
	steps := New(out)
	steps.screen.clock = clocktesting.NewFakeClock(time.Unix(0, 0))
	return steps
}

func TestDo(t *testing.T) {
	for name, test := range map[string]struct {
		note string
		err  error
		want string
	}{
		"Done":      {"", nil, "✓ Build it        0.0 s\n"},
		"Note":      {"from Debian", nil, "✓ Build it        0.0 s  from Debian\n"},
		"Failed":    {"", errors.New("no disk"), "✗ Build it        0.0 s\n"},
		"Unchanged": {Unchanged, nil, ""},
		"Canceled":  {"", context.Canceled, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			steps := fixed(&out)
			err := steps.Do(t.Context(), "Build it", func(context.Context) (string, error) { return test.note, test.err })
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
			if !errors.Is(err, test.err) {
				t.Errorf("got error %v, want %v", err, test.err)
			}
			if err != nil && err.Error() != "build it: "+test.err.Error() {
				t.Errorf("got error %q", err)
			}
		})
	}
}

func TestPlannedStepsAreCounted(t *testing.T) {
	var out bytes.Buffer
	steps := fixed(&out)
	steps.Plan(Step{"Build it", time.Second}, Step{"Load it", time.Second}, Step{"Look at it", time.Second}, Step{"Start the server", time.Second})
	steps.Skip("Look at it")
	for title, note := range map[string]string{"Build it": Unchanged, "Start the server": ""} {
		if err := steps.Do(t.Context(), title, func(context.Context) (string, error) { return note, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if err := steps.Do(t.Context(), "Load it", func(context.Context) (string, error) { return "", nil }); err != nil {
		t.Fatal(err)
	}
	steps.Close()
	if !strings.HasSuffix(out.String(), "✓ 4 of 4  Load it                 0.0 s\n✓ 2 of 4 steps unchanged\n") {
		t.Errorf("output:\n%s", out.String())
	}
}

// TestLog runs two steps at the same time where lines cannot be redrawn.
func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		steps := New(&out)
		steps.Plan(Step{"Build Kubernetes", 400 * time.Second}, Step{"Build image medusa", 200 * time.Second})
		var both []error
		done := make(chan error, 2)
		for title, seconds := range map[string]time.Duration{"Build Kubernetes": 40, "Build image medusa": 94} {
			go func() {
				done <- steps.Do(t.Context(), title, func(context.Context) (string, error) {
					<-time.After(seconds * time.Second)
					return "", nil
				})
			}()
			// The order in which the steps start is the order in which they are shown.
			synctest.Wait()
		}
		for range 2 {
			both = append(both, <-done)
		}
		if err := errors.Join(both...); err != nil {
			t.Fatal(err)
		}
		steps.Close()
		lines := strings.Split(out.String(), "\n")
		for i, want := range []string{
			"… 0 of 2 steps done; about ", // after 5 s
			"… 0 of 2 steps done; about ", // after 35 s
			"✓ 1 of 2  Build Kubernetes         40.0 s",
			"… 1 of 2 steps done; about ", // after 65 s
			"✓ 2 of 2  Build image medusa   1 min 34 s",
			"",
		} {
			if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
				t.Fatalf("line %d differs from %q:\n%s", i, want, out.String())
			}
		}
		if want := "build image medusa (1 min 05 s)"; !strings.HasSuffix(lines[3], want) {
			t.Errorf("%q does not end with %q", lines[3], want)
		}
	})
}

func TestTerminal(t *testing.T) {
	var out bytes.Buffer
	screen := NewScreen(&out)
	screen.width = func() int { return 30 }
	running := Line{State: Running, Title: "Load it", Time: "4.0 s", Note: "a note that is cut"}
	ended := Line{State: Done, Title: "Build it", Time: "3.0 s"}
	screen.Show(Frame{Ended: []Line{ended}, Open: []Line{running, {State: Pending, Title: "Wait"}}, Summary: "1 of 3 steps done", TitleWidth: 8})
	screen.Print("! A note\n")
	screen.Show(Frame{Ended: []Line{ended}, Open: []Line{running}, TitleWidth: 8})
	running.State, running.Note = Failed, ""
	screen.Show(Frame{Ended: []Line{ended, running}, TitleWidth: 8})
	want := strings.Join([]string{
		"✓ Build it        3.0 s",
		"… Load it         4.0 s  a n…",
		"· Wait",
		"  1 of 3 steps done",
		"\x1b[3A\r\x1b[J! A note",
		"… Load it         4.0 s  a n…",
		"\x1b[1A\r\x1b[J✗ Load it         4.0 s",
		"",
	}, "\n")
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.0 s", 59940 * time.Millisecond: "59.9 s", 59960 * time.Millisecond: "1 min 00 s", 185 * time.Second: "3 min 05 s",
		time.Hour - time.Millisecond: "1 h 00 min", 3725 * time.Second: "1 h 02 min",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestLeft(t *testing.T) {
	const second = time.Second
	for name, test := range map[string]struct {
		work workload
		want string
	}{
		"Start":       {workload{total: 1200 * second, processors: 2}, "about 10 min left"},
		"AsAssumed":   {workload{total: 1200 * second, done: 600 * second, elapsed: 300 * second, processors: 2}, "about 5 min left"},
		"HalfAsFast":  {workload{total: 1200 * second, done: 600 * second, elapsed: 600 * second, processors: 2}, "about 9 min left"},
		"TwiceAsFast": {workload{total: 1200 * second, done: 600 * second, elapsed: 150 * second, processors: 2}, "about 3 min left"},
		"Running": {workload{
			total: 1200 * second, elapsed: 100 * second, processors: 2,
			running: []runningCost{{500 * second, 100 * second}, {500 * second, 100 * second}},
		}, "about 8 min left"},
		"Overdue":  {workload{total: 100 * second, elapsed: 400 * second, processors: 2, running: []runningCost{{100 * second, 400 * second}}}, "about 20 s left"},
		"Soon":     {workload{total: 100 * second, done: 95 * second, elapsed: 50 * second, processors: 2}, ""},
		"NoWork":   {workload{}, ""},
		"FastMany": {workload{total: 1200 * second, processors: 16}, "about 1 min left"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := leftText(test.work.left()); got != test.want {
				t.Errorf("got %q (%s), want %q", got, test.work.left(), test.want)
			}
		})
	}
}
