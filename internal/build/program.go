package build

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"time"

	"shopflow.dev/shopflow/internal/progress"
)

const (
	dashboardTitle = "Build the dashboard"
	modulesTitle   = "Download Go modules"
	programTitle   = "Build the program"
	// programPath is the program below the clone.
	programPath = "bin/shopflow"
)

// programTasks build bin/shopflow, which has the dashboard inside.
func (b *Builder) programTasks() []task {
	program := b.path(programPath)
	build := goBuild{log: "program", packages: []string{"."}, out: program}
	return []task{
		{title: dashboardTitle, kind: light, cost: 20 * time.Second, run: func(ctx context.Context) (string, error) {
			return noteIfSame(b.path("web", "dist", ".built"), func() error {
				return command{dir: b.opts.Root, log: b.log("dashboard"), name: b.path("hack", "web")}.run(ctx)
			})
		}},
		// While other programs are compiled, so that the compiler does not wait for them later.
		{title: modulesTitle, kind: light, cost: 10 * time.Second, run: func(ctx context.Context) (string, error) {
			if _, err := os.Stat(program); err == nil {
				return progress.Unchanged, nil
			}
			return "", b.goDownload(ctx, build)
		}},
		{title: programTitle, kind: compile, cost: 400 * time.Second, needs: []string{dashboardTitle, modulesTitle}, run: func(ctx context.Context) (string, error) {
			return noteIfSame(program, func() error { return b.goBuild(ctx, build) })
		}},
	}
}

// noteIfSame does work that writes a file, and returns the note of a step that found nothing to do if the file is the same as before.
func noteIfSame(path string, work func() error) (note string, err error) {
	before, err := sum(path)
	if err != nil {
		return "", err
	}
	if err := work(); err != nil {
		return "", err
	}
	after, err := sum(path)
	return progress.NoteIf(before == after), err
}

// sum returns a checksum of a file, which need not exist.
func sum(path string) ([sha256.Size]byte, error) {
	content, err := os.ReadFile(path) // #nosec G304 -- a file of the clone
	if errors.Is(err, fs.ErrNotExist) {
		return [sha256.Size]byte{}, nil
	}
	return sha256.Sum256(content), err
}
