package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"shopflow.dev/shopflow/internal/build"
	"shopflow.dev/shopflow/internal/engine/all"
	"shopflow.dev/shopflow/internal/progress"
)

// nodeFile names the folder of the node's programs, so that stop and destroy need not build them again; clientFile is the
// client's configuration.
const (
	nodeFile   = "node-programs"
	clientFile = "client.yaml"
)

// startNode starts the node, or finds it running.
func (l *Local) startNode(ctx context.Context, programs string) error {
	if err := os.MkdirAll(l.opts.Dir, 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(l.opts.Dir, nodeFile), []byte(programs), 0o600); err != nil {
		return err
	}
	return l.steps.Do(ctx, startTitle, func(ctx context.Context) (string, error) {
		publish := fmt.Sprintf("%d:%d", l.opts.Port, gatewayNodePort)
		return l.localkube(ctx, programs, "start", "--publish", publish)
	})
}

// loadImages loads the images into the node. Those that it has cost nothing.
func (l *Local) loadImages(ctx context.Context, built build.Result) error {
	var archives []string
	installs := map[string]bool{}
	for _, one := range all.Engines() {
		installs[one.Installer.Name] = l.opts.Baseline
	}
	for name, image := range built.Images {
		if image.Missing != "" || image.Intermediate && !installs[name] {
			continue
		}
		if image.Archive == "" {
			return fmt.Errorf("image %s has no archive: run bin/build --archives all first", name)
		}
		archives = append(archives, image.Archive)
	}
	sort.Strings(archives)
	return l.steps.Do(ctx, loadTitle, func(ctx context.Context) (string, error) {
		return l.localkube(ctx, built.Programs, "load", archives...)
	})
}

// Down stops the node and keeps its data.
func (l *Local) Down(ctx context.Context) error { return l.end(ctx, "Stop Kubernetes", "stop") }

// Destroy removes the node with all its data.
func (l *Local) Destroy(ctx context.Context) error {
	if err := l.end(ctx, "Remove Kubernetes and all its stores", "destroy"); err != nil {
		return err
	}
	// Only what the build and Up created: the folder may be one that holds other things as well.
	for _, name := range append(build.Files(), nodeFile, clientFile, valuesFile, "kubeconfig", "node") {
		if err := os.RemoveAll(filepath.Join(l.opts.Dir, name)); err != nil {
			return fmt.Errorf("remove %s: %w", name, err)
		}
	}
	if err := os.Remove(l.opts.Dir); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		return err
	}
	return nil
}

func (l *Local) end(ctx context.Context, title, verb string) error {
	if err := requireRoot(); err != nil {
		return err
	}
	programs, err := os.ReadFile(filepath.Join(l.opts.Dir, nodeFile))
	if os.IsNotExist(err) {
		l.steps.Say("Nothing to do: no node was started from %s", build.RelativePath(l.opts.Dir))
		return nil
	}
	if err != nil {
		return err
	}
	defer l.steps.Close()
	return l.steps.Do(ctx, title, func(ctx context.Context) (string, error) {
		_, err := l.localkube(ctx, string(programs), verb)
		return "", err
	})
}

// localkube runs one of its verbs for this instance. It reports what it does; the note says that it had nothing to do.
func (l *Local) localkube(ctx context.Context, programs, verb string, args ...string) (note string, err error) {
	all := append([]string{verb, "--name", l.opts.Instance, "--dir", l.opts.Dir}, args...)
	cmd := exec.CommandContext(ctx, filepath.Join(programs, "localkube"), all...) // #nosec G204 -- our own program
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("localkube %s: %w\n%s", verb, err, strings.TrimSpace(log.String()))
	}
	return progress.NoteIf(log.Len() == 0), nil
}
