package charts_test

import (
	"path/filepath"
	"slices"
	"testing"

	"shopflow.dev/shopflow/internal/install"
)

// TestEveryValuesFileIsUsed makes sure that each values file is a profile of the platform, which "shopflow install" offers, and that
// each profile renders. Stores have none: their values come from the plan and the platform's settings.
func TestEveryValuesFileIsUsed(t *testing.T) {
	files, err := filepath.Glob("*/values-*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, profile := range install.Profiles() {
		want = append(want, "shopflow/values-"+string(profile)+".yaml")
		values, err := install.Values(profile)
		if err != nil {
			t.Fatal(err)
		}
		if len(values) == 0 {
			t.Errorf("profile %s changes nothing", profile)
		}
		if _, err := renderPlatform(t, values); err != nil {
			t.Errorf("profile %s: %v", profile, err)
		}
	}
	if slices.Sort(want); !slices.Equal(files, want) {
		t.Errorf("the values files are %v, the profiles use %v", files, want)
	}
}
