package helmrelease

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	helmchart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"sigs.k8s.io/yaml"
)

// digestLength keeps a digest short enough for a label value (63 characters at most).
const digestLength = 40

// Chart is a chart in memory. It is safe for use by several goroutines.
type Chart struct {
	files  []*archive.BufferedFile
	digest string
}

// LoadChart reads the chart whose Chart.yaml is at the root of fsys. It keeps only what a release needs: tests, documents and
// additional values files would make every release Secret larger.
func LoadChart(fsys fs.FS) (*Chart, error) {
	c := &Chart{}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !belongsToRelease(name) {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		c.files = append(c.files, &archive.BufferedFile{Name: name, Data: data})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read chart: %w", err)
	}
	slices.SortFunc(c.files, func(a, b *archive.BufferedFile) int { return strings.Compare(a.Name, b.Name) })
	if _, err := c.load(); err != nil {
		return nil, err
	}
	hash := sha256.New()
	for _, file := range c.files {
		fmt.Fprintf(hash, "%s %d\n%s", file.Name, len(file.Data), file.Data)
	}
	c.digest = hex.EncodeToString(hash.Sum(nil))[:digestLength]
	return c, nil
}

// Chart returns the chart of the newest revision, as Helm's records keep it. It renders what it did then, whatever chart this program
// has today.
func (o Observed) Chart() (*Chart, error) {
	if o.chart == nil {
		return nil, errors.New("the release has no chart")
	}
	// Records of version 0.1.0 do not name their chart. What they applied stands for it.
	c := &Chart{digest: cmp.Or(o.Labels[labelChart], o.Digest)}
	for name, content := range map[string]any{"Chart.yaml": o.chart.Metadata, "values.yaml": o.chart.Values} {
		data, err := yaml.Marshal(content)
		if err != nil {
			return nil, fmt.Errorf("read the chart of the release: %w", err)
		}
		c.files = append(c.files, &archive.BufferedFile{Name: name, Data: data})
	}
	if len(o.chart.Schema) > 0 {
		c.files = append(c.files, &archive.BufferedFile{Name: "values.schema.json", Data: o.chart.Schema})
	}
	for _, file := range slices.Concat(o.chart.Templates, o.chart.Files) {
		c.files = append(c.files, &archive.BufferedFile{Name: file.Name, Data: file.Data})
	}
	if _, err := c.load(); err != nil {
		return nil, fmt.Errorf("read the chart of the release: %w", err)
	}
	return c, nil
}

// belongsToRelease reports whether a file of a chart takes part in what is rendered.
func belongsToRelease(name string) bool {
	switch name {
	case "Chart.yaml", "values.yaml", "values.schema.json":
		return true
	}
	return strings.HasPrefix(name, "templates/") || strings.HasPrefix(name, "files/")
}

// Digest returns the fingerprint of the chart together with values: the same digest means the same objects.
func (c *Chart) Digest(values map[string]any) (string, error) {
	data, err := json.Marshal(values)
	if err != nil {
		return "", fmt.Errorf("encode values: %w", err)
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%s", c.digest, data)
	return hex.EncodeToString(hash.Sum(nil))[:digestLength], nil
}

// Coalesce returns values with the chart's defaults for what they leave out. The values themselves stay as they are.
func (c *Chart) Coalesce(values map[string]any) (map[string]any, error) {
	loaded, err := c.load()
	if err != nil {
		return nil, err
	}
	coalesced, err := util.CoalesceValues(loaded, values)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrValues, err)
	}
	return coalesced, nil
}

// MergeValues returns values with those of over in place of theirs, table by table, as Helm does with several values files.
func MergeValues(values, over map[string]any) map[string]any { return loader.MergeMaps(values, over) }

// load returns a new copy of the SDK's chart each time, because the SDK changes a chart while it renders it.
func (c *Chart) load() (*helmchart.Chart, error) {
	loaded, err := loader.LoadFiles(c.files)
	if err != nil {
		return nil, fmt.Errorf("load chart: %w", err)
	}
	if err := loaded.Validate(); err != nil {
		return nil, fmt.Errorf("check chart: %w", err)
	}
	return loaded, nil
}
