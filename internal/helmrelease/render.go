package helmrelease

import (
	"fmt"
	"path"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/engine"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
)

// Rendered is what a chart becomes with values: YAML documents, in the order in which Helm installs them.
type Rendered struct {
	Objects, Hooks []string
}

// Render renders a first release of the chart without asking a cluster. The error says what the chart or its schema refuses.
func (c *Chart) Render(namespace, name string, values map[string]any) (Rendered, error) {
	chart, err := c.load()
	if err != nil {
		return Rendered{}, err
	}
	options := common.ReleaseOptions{Name: name, Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(chart, values, options, common.DefaultCapabilities)
	if err != nil {
		return Rendered{}, fmt.Errorf("check values: %w", err)
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return Rendered{}, fmt.Errorf("render chart: %w", err)
	}
	for file := range files {
		if path.Base(file) == "NOTES.txt" {
			delete(files, file)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		return Rendered{}, fmt.Errorf("read rendered chart: %w", err)
	}
	var rendered Rendered
	for _, hook := range hooks {
		rendered.Hooks = append(rendered.Hooks, hook.Manifest)
	}
	for _, manifest := range manifests {
		rendered.Objects = append(rendered.Objects, manifest.Content)
	}
	return rendered, nil
}
