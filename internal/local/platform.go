package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/internal/apiclient"
	"shopflow.dev/shopflow/internal/build"
	"shopflow.dev/shopflow/internal/install"
	"shopflow.dev/shopflow/internal/progress"
)

const (
	// valuesFile holds the values of the platform's chart, for "shopflow install" and any other Helm client.
	valuesFile = "values.yaml"
	// installTimeout is how long the install of the platform and its start may take, each.
	installTimeout = 2 * time.Minute
	// pollInterval is how often an address outside the API server, which has no watch, is tried again.
	pollInterval = 100 * time.Millisecond
)

// installPlatform installs or upgrades the platform as "shopflow install" does, waits until it answers, and returns how its
// administrator reaches it.
func (l *Local) installPlatform(ctx context.Context) (install.Access, error) {
	config, err := clientcmd.BuildConfigFromFlags("", l.Kubeconfig())
	if err != nil {
		return install.Access{}, fmt.Errorf("read the kubeconfig: %w", err)
	}
	values, err := install.Values(install.ProfileLocal, filepath.Join(l.opts.Dir, valuesFile))
	if err != nil {
		return install.Access{}, err
	}
	platform, err := install.New(config, install.Options{
		Namespace: install.DefaultNamespace, Release: install.DefaultRelease, Values: values, HookTimeout: installTimeout,
	})
	if err != nil {
		return install.Access{}, err
	}
	var access install.Access
	err = l.steps.Do(ctx, installTitle, func(ctx context.Context) (string, error) {
		access, err = platform.Install(ctx)
		return progress.NoteIf(!access.Changed), err
	})
	if err != nil {
		return install.Access{}, err
	}
	return access, l.steps.Do(ctx, waitTitle, func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, installTimeout)
		defer cancel()
		waited, err := platform.Wait(ctx)
		if err != nil {
			return "", err
		}
		silent, err := l.waitAPI(ctx, access.Token)
		return progress.NoteIf(!waited && !silent), err
	})
}

// WriteValues writes the chart's values that only this machine knows, its address and the images that were built, and returns the
// path.
func (l *Local) WriteValues() (path string, err error) {
	built, err := build.Read(l.opts.Dir)
	if err != nil {
		return "", err
	}
	path = filepath.Join(l.opts.Dir, valuesFile)
	return path, l.writeValues(path, built.Images)
}

func (l *Local) writeValues(path string, images map[string]build.Image) error {
	content, err := yaml.Marshal(map[string]any{
		"image":    images["shopflow"].Reference,
		"domain":   domain,
		"port":     l.opts.Port,
		"database": map[string]any{"image": images["postgres"].Reference},
		"engines":  engineValues(images, l.opts.Baseline),
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("write the platform's values: %w", err)
	}
	return nil
}

// waitAPI waits until the API answers the administrator at its public address. It tells whether it did not at first.
func (l *Local) waitAPI(ctx context.Context, token string) (waited bool, err error) {
	platform, err := apiclient.New(apiclient.Config{Server: l.APIURL(), Token: token})
	if err != nil {
		return false, err
	}
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		_, err := platform.Find(ctx, apiclient.ListStoresParams{})
		if err == nil {
			return waited, nil
		}
		waited = true
		platform.CloseIdleConnections()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return waited, fmt.Errorf("%s does not answer: %w", l.APIURL(), err)
		}
	}
}
