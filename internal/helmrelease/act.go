package helmrelease

import (
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

// actionTimeout bounds an action. It is short because nothing waits for pods.
const actionTimeout = time.Minute

// ErrValues means that the chart refuses its values: trying again cannot help.
var ErrValues = errors.New("values do not fit the chart")

// Request is a release to be made or changed.
type Request struct {
	Namespace, Name string
	Chart           *Chart
	Values          map[string]any
	// Labels are put on Helm's own records of the release.
	Labels map[string]string
}

// Install makes a release that Helm does not know. Objects left over from an earlier life are taken over.
//
// The SDK would leave a cancelled install running behind its back, so ctx only carries values here.
func (c *Client) Install(ctx context.Context, request Request) error {
	config, chart, labels, err := c.prepare(request)
	if err != nil {
		return err
	}
	install := helmaction.NewInstall(config)
	install.ReleaseName = request.Name
	install.Namespace = request.Namespace
	install.WaitStrategy = helmkube.HookOnlyStrategy
	install.Timeout = actionTimeout
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

// Upgrade makes a new revision of a release, whether its last one failed or not.
func (c *Client) Upgrade(ctx context.Context, request Request) error {
	config, chart, labels, err := c.prepare(request)
	if err != nil {
		return err
	}
	upgrade := helmaction.NewUpgrade(config)
	upgrade.Namespace = request.Namespace
	upgrade.WaitStrategy = helmkube.HookOnlyStrategy
	upgrade.Timeout = actionTimeout
	upgrade.ServerSideApply = "true"
	upgrade.ForceConflicts = true
	upgrade.TakeOwnership = true
	upgrade.ResetValues = true
	upgrade.MaxHistory = maxHistory
	upgrade.DisableOpenAPIValidation = true
	upgrade.SkipSchemaValidation = true // prepare has done it
	upgrade.Labels = labels
	if _, err := upgrade.RunWithContext(context.WithoutCancel(ctx), request.Name, chart, request.Values); err != nil {
		return fmt.Errorf("upgrade release %s: %w", request.Name, err)
	}
	return nil
}

// prepare checks the values against the chart's schema and says which chart, configuration and labels to use.
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
	labels := map[string]string{labelDigest: digest}
	maps.Copy(labels, request.Labels)
	config, err := c.configuration(request.Namespace)
	return config, chart, labels, err
}

// Unlock marks the newest revision as failed if an action on it was begun and never ended, so that the next upgrade
// can take over what is there. The controller is the only one to run actions, and it is not running one now.
func (c *Client) Unlock(_ context.Context, namespace, name string) error {
	release, err := c.last(namespace, name)
	if err != nil || release == nil || !release.Info.Status.IsPending() {
		return err
	}
	release.SetStatus(helmcommon.StatusFailed, "Interrupted while "+release.Info.Status.String()+"; taken up again")
	if err := c.storage(namespace).Update(release); err != nil {
		return fmt.Errorf("unlock release %s: %w", name, err)
	}
	return nil
}

// Uninstall deletes a release's objects and Helm's records of it, without waiting for the objects to be gone. A release
// that is not there is no error.
func (c *Client) Uninstall(_ context.Context, namespace, name string) error {
	config, err := c.configuration(namespace)
	if err != nil {
		return err
	}
	uninstall := helmaction.NewUninstall(config)
	uninstall.IgnoreNotFound = true
	uninstall.WaitStrategy = helmkube.HookOnlyStrategy
	uninstall.DeletionPropagation = "background"
	uninstall.Timeout = actionTimeout
	_, err = uninstall.Run(name)
	// Somebody else may be uninstalling the same release; what matters is that it is gone.
	if err != nil && !apierrors.IsNotFound(err) && !errors.Is(err, driver.ErrReleaseNotFound) {
		return fmt.Errorf("uninstall release %s: %w", name, err)
	}
	c.mu.Lock()
	delete(c.inventories, namespace)
	c.mu.Unlock()
	return nil
}
