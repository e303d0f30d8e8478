package install

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/charts"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// Profile names a values file of the platform's chart, for a kind of cluster.
type Profile string

// The profiles.
const (
	ProfileNone  Profile = ""
	ProfileLocal Profile = "local"
	ProfileProd  Profile = "prod"
)

// Profiles returns the profiles that have a values file.
func Profiles() []Profile { return []Profile{ProfileLocal, ProfileProd} }

// Values returns the values of a profile with those of files over them, the later files over the earlier.
func Values(profile Profile, files ...string) (map[string]any, error) {
	values := map[string]any{}
	if profile != ProfileNone {
		chart, err := charts.ShopFlow()
		if err != nil {
			return nil, err
		}
		name := "values-" + string(profile) + ".yaml"
		content, err := fs.ReadFile(chart, name)
		if err != nil {
			return nil, fmt.Errorf("profile %q does not exist; choose one of %v", profile, Profiles())
		}
		if values, err = parseValues(name, content); err != nil {
			return nil, err
		}
	}
	for _, file := range files {
		content, err := os.ReadFile(file) // #nosec G304 -- the operator's own flag
		if err != nil {
			return nil, fmt.Errorf("read values: %w", err)
		}
		over, err := parseValues(file, content)
		if err != nil {
			return nil, err
		}
		values = helmrelease.MergeValues(values, over)
	}
	return values, nil
}

func parseValues(name string, content []byte) (map[string]any, error) {
	values := map[string]any{}
	if err := yaml.UnmarshalStrict(content, &values); err != nil {
		return nil, fmt.Errorf("read values: %s: %s", name, strings.TrimPrefix(err.Error(), "error converting YAML to JSON: "))
	}
	return values, nil
}

// settings are those of the chart's values that this package needs.
type settings struct {
	AdminTokenSecret string
	Auth             struct{ SessionSecret, FirstAdminSecret string }
	Database         struct {
		Enabled   bool
		DSNSecret string
	}
}

func readSettings(chart *helmrelease.Chart, values map[string]any) (settings, error) {
	var read settings
	all, err := chart.Coalesce(values)
	if err != nil {
		return settings{}, err
	}
	content, err := json.Marshal(all)
	if err != nil {
		return settings{}, fmt.Errorf("read values: %w", err)
	}
	if err := json.Unmarshal(content, &read); err != nil {
		return settings{}, fmt.Errorf("read values: %w", err)
	}
	return read, nil
}

// secrets names the Secrets that the chart's Job creates.
func (s settings) secrets() []string {
	names := []string{s.AdminTokenSecret, s.Auth.SessionSecret}
	if s.Auth.FirstAdminSecret != "" {
		names = append(names, s.Auth.FirstAdminSecret)
	}
	if s.Database.Enabled {
		names = append(names, s.Database.DSNSecret)
	}
	return names
}
