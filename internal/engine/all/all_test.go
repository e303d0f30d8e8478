package all_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/engine/all"
	"shopflow.dev/shopflow/internal/engine/enginetest"
)

var update = flag.Bool("update", false, "write the golden files again")

func TestEnginesAreSorted(t *testing.T) {
	byName := func(a, b engine.Engine) int { return strings.Compare(string(a.Name), string(b.Name)) }
	if !slices.IsSortedFunc(all.Engines(), byName) || len(slices.CompactFunc(all.Engines(), func(a, b engine.Engine) bool { return a.Name == b.Name })) < len(all.Engines()) {
		t.Error("the engines are not sorted by name, or two have one name")
	}
}

// TestImages makes sure that every image can be built.
func TestImages(t *testing.T) {
	content, err := os.ReadFile("../../../images/images.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Images []struct{ Name string } }
	if err := yaml.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	for _, e := range all.Engines() {
		for _, image := range append(slices.Clone(e.Images), e.Installer) {
			if !slices.Contains(file.Images, struct{ Name string }{image.Name}) {
				t.Errorf("engine %s needs image %q, which images/images.yaml does not have", e.Name, image.Name)
			}
		}
	}
}

// TestValues compares what stores that exist were installed with: a difference upgrades all of them.
func TestValues(t *testing.T) {
	for name, spec := range map[string]v1alpha1.StoreSpec{
		"defaults": {},
		"hostile":  {DisplayName: "\"quotes\" $(reboot)\n🛍️ <b>", AdminEmail: "jane@example.com", Plan: v1alpha1.PlanLarge},
	} {
		for _, e := range all.Engines() {
			t.Run(string(e.Name)+"/"+name, func(t *testing.T) {
				got, err := yaml.Marshal(enginetest.Recipe(t, e, spec).Values)
				if err != nil {
					t.Fatal(err)
				}
				golden := filepath.Join("testdata", string(e.Name)+"-"+name+".yaml")
				if *update {
					if err := os.WriteFile(golden, got, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("values differ from %s; review them and run with -update:\n%s", golden, got)
				}
			})
		}
	}
}
