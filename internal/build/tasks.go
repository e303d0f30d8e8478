package build

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// kind tells which tasks compete for the same thing.
type kind int

const (
	// light tasks mostly wait for the network.
	light kind = iota
	// compile tasks run the Go toolchain: one keeps all processors busy, and two would compile the packages that they share twice.
	compile
	// assemble tasks build an image: partly on one processor, partly waiting for the network or the disk.
	assemble
)

// limits say how many tasks of a kind run at the same time.
func limits() map[kind]int { return map[kind]int{light: 3, compile: 1, assemble: 2} }

// task is one step of a build.
type task struct {
	title string
	kind  kind
	// cost is the processor time that it takes with empty caches (docs/adr/0020).
	cost time.Duration
	// needs are the titles of the tasks that have to be done before.
	needs []string
	run   func(ctx context.Context) (note string, err error)
}

// runTasks runs each task as soon as what it needs is done and its kind has room, the first of the list first. An error cancels
// what runs, and is returned when nothing runs any more.
func runTasks(ctx context.Context, tasks []task, do func(context.Context, task) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		task task
		err  error
	}
	outcomes := make(chan outcome)
	waiting, room, done, running := slices.Clone(tasks), limits(), map[string]bool{}, 0
	var failed error
	for {
		waiting = slices.DeleteFunc(waiting, func(t task) bool {
			ready := !slices.ContainsFunc(t.needs, func(title string) bool { return !done[title] })
			if !ready || room[t.kind] == 0 || ctx.Err() != nil {
				return false
			}
			room[t.kind]--
			running++
			go func() { outcomes <- outcome{t, do(ctx, t)} }()
			return true
		})
		if running == 0 {
			break
		}
		ended := <-outcomes
		running--
		room[ended.task.kind]++
		done[ended.task.title] = ended.err == nil
		if ended.err != nil && failed == nil {
			failed = ended.err
			cancel()
		}
	}
	switch {
	case failed != nil:
		return failed
	case len(waiting) > 0 && ctx.Err() == nil:
		return fmt.Errorf("%q needs a step that is missing", waiting[0].title)
	}
	return ctx.Err()
}
