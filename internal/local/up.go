package local

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/internal/build"
	"shopflow.dev/shopflow/internal/install"
	"shopflow.dev/shopflow/internal/progress"
)

const (
	startTitle   = "Start Kubernetes"
	loadTitle    = "Load the images into the node"
	installTitle = "Install the platform"
	waitTitle    = "Wait for the platform"
)

// upSteps are the steps of Up, with what they cost the first time.
func upSteps() []progress.Step {
	return []progress.Step{
		{Title: startTitle, Cost: 8 * time.Second},
		{Title: loadTitle, Cost: 60 * time.Second},
		{Title: installTitle, Cost: 8 * time.Second},
		{Title: waitTitle, Cost: 6 * time.Second},
	}
}

// Up starts the node with what was built into the folder, installs the platform and returns how to reach it. It is idempotent:
// what already runs stays as it is.
func (l *Local) Up(ctx context.Context) (install.Access, error) {
	if err := requireRoot(); err != nil {
		return install.Access{}, err
	}
	built, err := build.Read(l.opts.Dir)
	if err != nil {
		return install.Access{}, err
	}
	unavailable := unavailableEngines(built.Images)
	for _, name := range slices.Sorted(maps.Keys(unavailable)) {
		l.steps.Say("! Engine %s is not available: %s", name, unavailable[name])
	}
	if err := l.writeValues(filepath.Join(l.opts.Dir, valuesFile), built.Images); err != nil {
		return install.Access{}, err
	}
	defer l.steps.Close()
	l.steps.Plan(upSteps()...)
	if err := l.startNode(ctx, built.Programs); err != nil {
		return install.Access{}, err
	}
	if err := l.loadImages(ctx, built); err != nil {
		return install.Access{}, err
	}
	access, err := l.installPlatform(ctx)
	if err != nil {
		return install.Access{}, err
	}
	return access, l.writeClient(access.Token)
}

// writeClient tells the command line where the API is and how to sign in.
func (l *Local) writeClient(token string) error {
	content, err := yaml.Marshal(map[string]string{"server": l.APIURL(), "token": token})
	if err != nil {
		return err
	}
	path := filepath.Join(l.opts.Dir, clientFile)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("write the client's configuration: %w", err)
	}
	return nil
}
