package build

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// timed returns a task that takes so many seconds.
func timed(title string, kind kind, seconds int, needs ...string) task {
	return task{title: title, kind: kind, needs: needs, run: func(ctx context.Context) (string, error) {
		select {
		case <-time.After(time.Duration(seconds) * time.Second):
			return "", nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}}
}

// schedule runs the tasks and returns when each started, in seconds.
func schedule(ctx context.Context, tasks []task) (starts map[string]int, err error) {
	var mu sync.Mutex
	begin, starts := time.Now(), map[string]int{}
	err = runTasks(ctx, tasks, func(ctx context.Context, t task) error {
		mu.Lock()
		starts[t.title] = int(time.Since(begin).Seconds())
		mu.Unlock()
		_, err := t.run(ctx)
		return err
	})
	return starts, err
}

func TestRunTasks(t *testing.T) {
	for name, test := range map[string]struct {
		tasks []task
		want  map[string]int
	}{
		"OneCompiles": {
			[]task{timed("a", compile, 3), timed("b", compile, 2), timed("c", assemble, 1)},
			map[string]int{"a": 0, "b": 3, "c": 0},
		},
		"Needs": {
			[]task{timed("program", compile, 3, "dashboard"), timed("dashboard", light, 1), timed("image", assemble, 1, "program", "base"), timed("base", assemble, 9)},
			map[string]int{"dashboard": 0, "base": 0, "program": 1, "image": 9},
		},
		"FirstOfTheListFirst": {
			[]task{timed("a", assemble, 1), timed("b", assemble, 2), timed("c", assemble, 1), timed("d", assemble, 1)},
			map[string]int{"a": 0, "b": 0, "c": 1, "d": 2},
		},
		"Nothing": {nil, map[string]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				starts, err := schedule(t.Context(), test.tasks)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, starts); diff != "" {
					t.Errorf("starts in seconds (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestRunTasksStopsAtTheFirstError(t *testing.T) {
	broken := errors.New("broken")
	failing := task{title: "failing", kind: light, run: func(context.Context) (string, error) {
		<-time.After(time.Second)
		return "", broken
	}}
	for name, test := range map[string]struct {
		tasks []task
		want  string
	}{
		"Error":       {[]task{timed("long", compile, 100), failing, timed("next", compile, 1), timed("after", light, 1, "failing")}, "broken"},
		"MissingNeed": {[]task{timed("a", light, 1, "nowhere")}, `"a" needs a step that is missing`},
		"Circle":      {[]task{timed("a", light, 1, "b"), timed("b", light, 1, "a")}, `"a" needs a step that is missing`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				starts, err := schedule(t.Context(), test.tasks)
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %q", err, test.want)
				}
				if elapsed := time.Since(begin); elapsed > 2*time.Second {
					t.Errorf("it ended after %s", elapsed)
				}
				for _, title := range []string{"next", "after"} {
					if _, started := starts[title]; started {
						t.Errorf("%s was started after the error", title)
					}
				}
			})
		})
	}
}

func TestRunTasksCanBeCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := schedule(ctx, []task{timed("a", light, 100), timed("b", light, 1, "a")}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}
