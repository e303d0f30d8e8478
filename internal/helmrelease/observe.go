package helmrelease

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	helmreleaser "helm.sh/helm/v4/pkg/release"
	helmcommon "helm.sh/helm/v4/pkg/release/common"
	helmrel "helm.sh/helm/v4/pkg/release/v1"
	helmutil "helm.sh/helm/v4/pkg/release/v1/util"
	"helm.sh/helm/v4/pkg/storage/driver"
	"sigs.k8s.io/yaml"
)

// Labels of every release record: labelDigest is the digest of what the revision applied, labelChart that of its chart alone.
const (
	labelDigest = "shopflow.dev/digest"
	labelChart  = "shopflow.dev/chart"
)

// inventory caches what a revision's manifest names, since reading it in every pass would cost more than all else.
type inventory struct {
	revision int
	digest   string
	objects  []Object
}

// Observe asks Helm's storage for the newest revision of a release.
func (c *Client) Observe(_ context.Context, namespace, name string) (Observed, error) {
	return bound(&c.calls, namespace, name, callTimeout, func() (Observed, error) { return c.observe(namespace, name) })
}

func (c *Client) observe(namespace, name string) (Observed, error) {
	release, err := c.last(namespace, name)
	if err != nil {
		return Observed{}, err
	}
	if release == nil {
		return Observed{Status: StatusAbsent}, nil
	}
	objects, err := c.inventory(namespace, release)
	if err != nil {
		return Observed{}, err
	}
	observed := observedOf(release)
	observed.Inventory = objects
	return observed, nil
}

// Revision asks Helm's storage for one revision of a release, without its inventory. Its Status is StatusAbsent if Helm does not keep it.
func (c *Client) Revision(_ context.Context, namespace, name string, revision int) (Observed, error) {
	return bound(&c.calls, namespace, name, callTimeout, func() (Observed, error) {
		releaser, err := c.storage(namespace).Get(name, revision)
		if errors.Is(err, driver.ErrReleaseNotFound) {
			return Observed{Status: StatusAbsent}, nil
		}
		if err != nil {
			return Observed{}, fmt.Errorf("read revision %d of release %s: %w", revision, name, err)
		}
		release, err := asRelease(releaser)
		if err != nil {
			return Observed{}, err
		}
		return observedOf(release), nil
	})
}

// observedOf returns what the record of a revision says.
func observedOf(release *helmrel.Release) Observed {
	observed := Observed{
		Status:        statusOf(release.Info.Status),
		Revision:      release.Version,
		Digest:        release.Labels[labelDigest],
		FirstDeployed: release.Info.FirstDeployed,
		StartedAt:     release.Info.LastDeployed,
		Description:   release.Info.Description,
		Notes:         release.Info.Notes,
		Values:        release.Config,
		Labels:        release.Labels,
		chart:         release.Chart,
	}
	if observed.Status == StatusUninstalling {
		observed.StartedAt = release.Info.Deleted
	}
	if release.Chart != nil && release.Chart.Metadata != nil {
		observed.ChartVersion, observed.AppVersion = release.Chart.Metadata.Version, release.Chart.Metadata.AppVersion
	}
	return observed
}

// last returns the newest revision of a release, nil if there is none.
func (c *Client) last(namespace, name string) (*helmrel.Release, error) {
	releaser, err := c.storage(namespace).Last(name)
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read release %s: %w", name, err)
	}
	return asRelease(releaser)
}

// asRelease converts the SDK's any-typed releases.
func asRelease(releaser helmreleaser.Releaser) (*helmrel.Release, error) {
	release, ok := releaser.(*helmrel.Release)
	if !ok || release.Info == nil {
		return nil, fmt.Errorf("release record of unknown form %T", releaser)
	}
	return release, nil
}

func statusOf(status helmcommon.Status) Status {
	switch {
	case status == helmcommon.StatusDeployed:
		return StatusDeployed
	case status == helmcommon.StatusPendingRollback:
		return StatusRollingBack
	case status.IsPending():
		return StatusLocked
	case status == helmcommon.StatusUninstalling, status == helmcommon.StatusUninstalled:
		return StatusUninstalling
	default:
		return StatusFailed
	}
}

func (c *Client) inventory(namespace string, release *helmrel.Release) ([]Object, error) {
	digest := release.Labels[labelDigest]
	c.inventoriesMu.Lock()
	known := c.inventories[namespace]
	c.inventoriesMu.Unlock()
	if known.revision == release.Version && known.digest == digest && digest != "" {
		return known.objects, nil
	}
	var objects []Object
	for _, document := range helmutil.SplitManifests(release.Manifest) {
		var head helmutil.SimpleHead
		if err := yaml.Unmarshal([]byte(document), &head); err != nil {
			return nil, fmt.Errorf("read manifest of release %s: %w", release.Name, err)
		}
		if head.Kind != "" && head.Metadata != nil {
			objects = append(objects, Object{APIVersion: head.Version, Kind: head.Kind, Name: head.Metadata.Name})
		}
	}
	slices.SortFunc(objects, func(a, b Object) int {
		if a.Kind != b.Kind {
			return strings.Compare(a.Kind, b.Kind)
		}
		return strings.Compare(a.Name, b.Name)
	})
	c.inventoriesMu.Lock()
	c.inventories[namespace] = inventory{revision: release.Version, digest: digest, objects: objects}
	c.inventoriesMu.Unlock()
	return objects, nil
}
