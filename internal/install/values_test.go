package install

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/charts"
	"shopflow.dev/shopflow/internal/helmrelease"
)

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestValues(t *testing.T) {
	first := write(t, "first.yaml", "image: shopflow:1\nserver: {replicas: 3}\n")
	second := write(t, "second.yaml", "image: shopflow:2\ngateway: {service: {nodePort: 31000}}\n")
	got, err := Values(ProfileLocal, first, second)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"image": "shopflow:2", "server": map[string]any{"replicas": 3.0},
		"gateway": map[string]any{"service": map[string]any{"type": "NodePort", "nodePort": 31000.0}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if none, err := Values(ProfileNone); err != nil || len(none) != 0 {
		t.Errorf("no profile and no file is %v (%v)", none, err)
	}
}

func TestValuesThatCannotBeRead(t *testing.T) {
	tests := map[string]struct {
		profile Profile
		file    string
		want    string
	}{
		"UnknownProfile": {"production", "", "choose one of [local prod]"},
		"NoFile":         {ProfileNone, "/does/not/exist.yaml", "no such file"},
		"NoYAML":         {ProfileNone, write(t, "values.yaml", "image: [\n"), "values.yaml"},
		"NoTable":        {ProfileNone, write(t, "values.yaml", "- image\n"), "values.yaml"},
		"Twice":          {ProfileNone, write(t, "values.yaml", "image: a\nimage: b\n"), `"image" already set`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var files []string
			if test.file != "" {
				files = []string{test.file}
			}
			if _, err := Values(test.profile, files...); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

// TestSettingsNameTheChartsSecrets reads the names that the chart has by default, so that both cannot differ.
func TestSettingsNameTheChartsSecrets(t *testing.T) {
	files, err := charts.ShopFlow()
	if err != nil {
		t.Fatal(err)
	}
	chart, err := helmrelease.LoadChart(files)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		values map[string]any
		want   []string
	}{
		"Defaults":      {nil, []string{"shopflow-admin-token", "shopflow-database", "shopflow-first-admin", "shopflow-session"}},
		"OtherDatabase": {map[string]any{"database": map[string]any{"enabled": false}}, []string{"shopflow-admin-token", "shopflow-first-admin", "shopflow-session"}},
		"NoAdmin":       {map[string]any{"auth": map[string]any{"firstAdminSecret": ""}}, []string{"shopflow-admin-token", "shopflow-database", "shopflow-session"}},
	} {
		t.Run(name, func(t *testing.T) {
			read, err := readSettings(chart, test.values)
			if err != nil {
				t.Fatal(err)
			}
			got := read.secrets()
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Secrets (-want +got):\n%s", diff)
			}
		})
	}
}
