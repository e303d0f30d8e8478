package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Load loads image archives into the node. It skips, and does not report, those that the node has by the same names and with the same
// content.
func Load(ctx context.Context, opts Options, archives []string, report *Report) error {
	last, err := readState(opts.Dir)
	if err != nil {
		return err
	}
	if last == nil || !last.Supervisor.Alive() || opts.ControlPlane {
		return fmt.Errorf("instance %s does not run: start it first", opts.Name)
	}
	if last.Options.ControlPlane {
		return fmt.Errorf("instance %s is a control plane alone: it has no place for images", opts.Name)
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own program: %w", err)
	}
	l := layout{Options: opts, programs: filepath.Dir(program)}
	runtime, err := openRuntime(l)
	if err != nil {
		return err
	}
	defer runtime.close()
	// An archive keeps one processor busy, and half of its time the disk.
	const together = 2
	loads, ctx := errgroup.WithContext(ctx)
	loads.SetLimit(together)
	for _, archive := range archives {
		loads.Go(func() error {
			loaded, err := runtime.has(ctx, archive)
			if err != nil || loaded {
				return err
			}
			if err := importArchive(ctx, l, archive); err != nil {
				return err
			}
			report.Since("%s loaded", archive)
			return nil
		})
	}
	return loads.Wait()
}

// has tells whether the node has every image of the archive.
func (r *containerRuntime) has(ctx context.Context, archive string) (bool, error) {
	images, err := readArchive(archive)
	if err != nil || len(images) == 0 {
		return false, err
	}
	for _, image := range images {
		for _, name := range image.Names {
			if id, err := r.imageID(ctx, name); err != nil || id != image.ID {
				return false, err
			}
		}
	}
	return true, nil
}

func importArchive(ctx context.Context, l layout, archive string) error {
	cmd := exec.CommandContext(ctx, l.program("ctr"), "--address", l.hostSocket(), "--namespace", "k8s.io", "images", "import", archive) // #nosec G204 -- the node's own program
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("load %s: %w: %s", archive, err, strings.TrimSpace(string(output)))
	}
	return nil
}

// ensurePauseImage loads the image that every pod needs.
func ensurePauseImage(ctx context.Context, l layout, runtime *containerRuntime) error {
	content, name, err := pauseArchive(l.program("pause"))
	if err != nil {
		return err
	}
	if id, err := runtime.imageID(ctx, name); err != nil || id != "" {
		return err
	}
	path := l.run("pause.tar")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("write pause image: %w", err)
	}
	defer os.Remove(path)
	return importArchive(ctx, l, path)
}
