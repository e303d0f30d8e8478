package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/internal/install"
)

// Build builds what is missing of the node's programs and the images, and returns the folder of the former.
func (l *Local) Build(ctx context.Context) (programs string, err error) {
	programs, _, err = l.build(ctx)
	return programs, err
}

func (l *Local) build(ctx context.Context) (programs string, images map[string]image, err error) {
	if err := requireRoot(); err != nil {
		return "", nil, err
	}
	if err := l.installPackages(ctx); err != nil {
		return "", nil, err
	}
	if programs, err = l.buildNode(ctx); err != nil {
		return "", nil, err
	}
	if images, err = l.buildImages(ctx); err != nil {
		return "", nil, err
	}
	return programs, images, l.writeValues(images)
}

// Up builds what is missing, starts the node, installs the platform and returns how to reach it. It is idempotent: what runs
// already is left alone.
func (l *Local) Up(ctx context.Context) (install.Access, error) {
	programs, images, err := l.build(ctx)
	if err != nil {
		return install.Access{}, err
	}
	if err := l.startNode(ctx, programs); err != nil {
		return install.Access{}, err
	}
	if err := l.loadImages(ctx, programs, images); err != nil {
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
