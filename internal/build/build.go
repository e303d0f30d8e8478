// Package build builds what a local ShopFlow runs: the program with its dashboard, the programs of the node, and the images.
// What is slow to build is kept in a cache, by the hash of its inputs.
package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"shopflow.dev/shopflow/internal/artifact"
	"shopflow.dev/shopflow/internal/progress"
)

// Options say what is built from what.
type Options struct {
	// Root is the clone's folder.
	Root string
	// Dir receives the logs, links to the images' archives, and the result.
	Dir string
	// Archives also writes archives of the images that only others are made from: tests and make bench run some of them.
	Archives bool
}

// Builder builds a clone.
type Builder struct {
	opts  Options
	cache artifact.Cache
	steps *progress.Steps

	specs      []imageSpec
	rebuilding sync.Mutex

	mu       sync.Mutex
	programs string
	images   map[string]Image
	// rebuild builds an image again by its name.
	rebuild map[string]func(context.Context) error
}

// New returns a Builder for the clone that the options name.
func New(opts Options, steps *progress.Steps) (*Builder, error) {
	dir, err := artifact.DefaultDir()
	if err != nil {
		return nil, err
	}
	// Scripts run in other folders than this process, where relative names would mean something else.
	for _, folder := range []*string{&opts.Root, &opts.Dir, &dir} {
		if *folder, err = filepath.Abs(*folder); err != nil {
			return nil, fmt.Errorf("find the working directory: %w", err)
		}
	}
	return &Builder{opts: opts, cache: artifact.Cache{Dir: dir}, steps: steps, images: map[string]Image{}, rebuild: map[string]func(context.Context) error{}}, nil
}

// Program builds the dashboard and bin/shopflow.
func (b *Builder) Program(ctx context.Context) error {
	return b.run(ctx, b.programTasks())
}

// All builds everything and writes the result to the folder (see Read). It needs root.
func (b *Builder) All(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return errors.New("building images needs root: run this as root, or with sudo")
	}
	tasks, err := b.tasks()
	if err != nil {
		return err
	}
	if err := b.run(ctx, tasks); err != nil {
		return err
	}
	return errors.Join(b.linkResult(), Result{Programs: b.programs, Images: b.images}.write(b.opts.Dir))
}

// tasks returns the steps of the whole build. The first of those that can start come first.
func (b *Builder) tasks() ([]task, error) {
	node, err := b.nodeTask(packagesTitle)
	if err != nil {
		return nil, err
	}
	images, err := b.imageTasks()
	if err != nil {
		return nil, err
	}
	return append(append([]task{b.packagesTask(), node}, b.programTasks()...), images...), nil
}

func (b *Builder) run(ctx context.Context, tasks []task) error {
	defer b.steps.Close()
	for _, task := range tasks {
		b.steps.Plan(progress.Step{Title: task.title, Cost: task.cost})
	}
	return runTasks(ctx, tasks, func(ctx context.Context, task task) error {
		return b.steps.Do(ctx, task.title, task.run)
	})
}

func (b *Builder) path(parts ...string) string {
	return filepath.Join(append([]string{b.opts.Root}, parts...)...)
}

func (b *Builder) log(name string) string {
	return filepath.Join(b.opts.Dir, logsDir, strings.ReplaceAll(name, "/", "-")+".log")
}
