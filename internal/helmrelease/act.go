package helmrelease

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	helmaction "helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	helmchart "helm.sh/helm/v4/pkg/chart/v2"
	helmkube "helm.sh/helm/v4/pkg/kube"
	helmcommon "helm.sh/helm/v4/pkg/release/common"
	"helm.sh/helm/v4/pkg/storage/driver"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// hookTimeout is how long an action waits for hooks by default. It is short because nothing else waits for pods.
const hookTimeout = 30 * time.Second

// ErrValues means that the chart refuses its values: a retry cannot help.
var ErrValues = errors.New("values do not fit the chart")

// Request is a release to install or upgrade.
type Request struct {
	Namespace, Name string
	Chart           *Chart
	Values          map[string]any
	// Labels are put on Helm's own records of the release.
	Labels map[string]string
	// Timeout is how long to wait for the chart's hooks. Zero means 30 seconds.
	Timeout time.Duration
	// KeepHistory keeps all revisions. Helm removes old ones before it makes a new one, so that a process which dies in between would leave
	// nothing to go back to.
	KeepHistory bool
}

func (r Request) hookTimeout() time.Duration { return cmp.Or(r.Timeout, hookTimeout) }

// Install installs a release that Helm does not know. Objects that an earlier release left behind are adopted.
//
// The SDK would leave a canceled install running in the background, so ctx only carries values here.
func (c *Client) Install(ctx context.Context, request Request) error {
	return boundError(&c.calls, request.Namespace, request.Name, request.hookTimeout()+requestTimeout, func() error { return c.install(ctx, request) })
}

func (c *Client) install(ctx context.Context, request Request) error {
	config, chart, labels, err := c.prepare(request)
	if err != nil {
		return err
	}
	install := helmaction.NewInstall(config)
	install.ReleaseName = request.Name
	install.Namespace = request.Namespace
	install.WaitStrategy = helmkube.HookOnlyStrategy
	install.Timeout = request.hookTimeout()
	install.ServerSideApply = true
	install.ForceConflicts = true
	install.TakeOwnership = true
	install.DisableOpenAPIValidation = true
	install.SkipSchemaValidation = true // prepare has done it
	install.Labels = labels
	if _, err := install.RunWithContext(context.WithoutCancel(ctx), chart, request.Values); err != nil {
		return fmt.Errorf("install release %s: %w", request.Name, err)
	}
	return nil
}

// Upgrade adds a revision to a release, whether its last one failed or not. Like Install, it takes nothing but values from ctx.
func (c *Client) Upgrade(ctx context.Context, request Request) error {
	return boundError(&c.calls, request.Namespace, request.Name, request.hookTimeout()+requestTimeout, func() error { return c.upgrade(ctx, request) })
}

func (c *Client) upgrade(ctx context.Context, request Request) error {
	config, chart, labels, err := c.prepare(request)
	if err != nil {
		return err
	}
	if err := c.renameManager(request.Namespace, request.Name); err != nil {
		return fmt.Errorf("upgrade release %s: %w", request.Name, err)
	}
	upgrade := helmaction.NewUpgrade(config)
	upgrade.Namespace = request.Namespace
	upgrade.WaitStrategy = helmkube.HookOnlyStrategy
	upgrade.Timeout = request.hookTimeout()
	upgrade.ServerSideApply = "true"
	upgrade.ForceConflicts = true
	upgrade.TakeOwnership = true
	upgrade.ResetValues = true
	if !request.KeepHistory {
		upgrade.MaxHistory = maxHistory
	}
	upgrade.DisableOpenAPIValidation = true
	upgrade.SkipSchemaValidation = true // prepare has done it
	upgrade.Labels = labels
	if _, err := upgrade.RunWithContext(context.WithoutCancel(ctx), request.Name, chart, request.Values); err != nil {
		return fmt.Errorf("upgrade release %s: %w", request.Name, err)
	}
	return nil
}

// prepare checks the values against the chart's schema and returns the chart, configuration and labels to use.
func (c *Client) prepare(request Request) (*helmaction.Configuration, *helmchart.Chart, map[string]string, error) {
	chart, err := request.Chart.load()
	if err != nil {
		return nil, nil, nil, err
	}
	options := common.ReleaseOptions{Name: request.Name, Namespace: request.Namespace}
	if _, err := util.ToRenderValues(chart, request.Values, options, nil); err != nil {
		return nil, nil, nil, fmt.Errorf("%w: %w", ErrValues, err)
	}
	digest, err := request.Chart.Digest(request.Values)
	if err != nil {
		return nil, nil, nil, err
	}
	labels := map[string]string{labelDigest: digest, labelChart: request.Chart.digest}
	maps.Copy(labels, request.Labels)
	config, err := c.configuration(request.Namespace)
	return config, chart, labels, err
}

// Unlock marks the newest revision as failed if an action on it started and never ended, so that the next upgrade can continue from
// it. The caller knows that no such action is running.
func (c *Client) Unlock(_ context.Context, namespace, name string) error {
	return boundError(&c.calls, namespace, name, callTimeout, func() error { return c.unlock(namespace, name) })
}

func (c *Client) unlock(namespace, name string) error {
	release, err := c.last(namespace, name)
	if err != nil || release == nil || !release.Info.Status.IsPending() {
		return err
	}
	release.SetStatus(helmcommon.StatusFailed, "Interrupted while "+release.Info.Status.String())
	if err := c.storage(namespace).Update(release); err != nil {
		return fmt.Errorf("unlock release %s: %w", name, err)
	}
	return nil
}

// Uninstall deletes a release's objects and Helm's records of it, without waiting for the objects to be gone. Objects whose
// helm.sh/resource-policy is keep stay. A release that is missing is no error.
func (c *Client) Uninstall(_ context.Context, namespace, name string) error {
	return boundError(&c.calls, namespace, name, hookTimeout+requestTimeout, func() error { return c.uninstall(namespace, name) })
}

func (c *Client) uninstall(namespace, name string) error {
	config, err := c.configuration(namespace)
	if err != nil {
		return err
	}
	uninstall := helmaction.NewUninstall(config)
	uninstall.IgnoreNotFound = true
	uninstall.WaitStrategy = helmkube.HookOnlyStrategy
	uninstall.DeletionPropagation = "background"
	uninstall.Timeout = hookTimeout
	_, err = uninstall.Run(name)
	// Another client may be uninstalling the same release; what matters is that it is gone.
	if err != nil && !apierrors.IsNotFound(err) && !errors.Is(err, driver.ErrReleaseNotFound) {
		return fmt.Errorf("uninstall release %s: %w", name, err)
	}
	c.inventoriesMu.Lock()
	delete(c.inventories, namespace)
	c.inventoriesMu.Unlock()
	return nil
}
