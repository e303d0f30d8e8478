package local

import (
	"maps"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/build"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/engine/all"
)

// builtImages returns the images of the clone as they are when every build works.
func builtImages(t *testing.T) map[string]build.Image {
	t.Helper()
	content, err := os.ReadFile("../../images/images.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Images []struct{ Name string } }
	if err := yaml.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	images := map[string]build.Image{}
	for _, image := range file.Images {
		images[image.Name] = build.Image{Reference: image.Name + ":1"}
	}
	return images
}

func TestEngineValues(t *testing.T) {
	want := func(extraMedusa, extraWooCommerce map[string]any) map[string]any {
		medusa := map[string]any{"medusa": "medusa:1", "database": "medusa-database:1", "cache": "valkey:1"}
		woocommerce := map[string]any{"web": "woocommerce:1", "database": "woocommerce-database:1"}
		maps.Copy(medusa, extraMedusa)
		maps.Copy(woocommerce, extraWooCommerce)
		return map[string]any{
			"medusa":      offer("medusa", medusa),
			"woocommerce": offer("woocommerce", woocommerce),
		}
	}
	images := builtImages(t)
	if diff := cmp.Diff(want(nil, nil), engineValues(images, false)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	baseline := want(map[string]any{"medusaBuild": "medusa-build:1"}, map[string]any{"build": "woocommerce-build:1"})
	if diff := cmp.Diff(baseline, engineValues(images, true)); diff != "" {
		t.Errorf("values for the bench (-want +got):\n%s", diff)
	}
}

func TestEngineWithoutItsImages(t *testing.T) {
	images := builtImages(t)
	for _, name := range []string{"woocommerce", "woocommerce-database", "woocommerce-build"} {
		images[name] = build.Image{Missing: "WooCommerce not found"}
	}
	for _, baseline := range []bool{false, true} {
		values := engineValues(images, baseline)
		if diff := cmp.Diff(map[string]any{"unavailable": "WooCommerce not found"}, values["woocommerce"]); diff != "" {
			t.Errorf("WooCommerce (-want +got):\n%s", diff)
		}
		if medusa := values["medusa"].(map[string]any); medusa["default"] != versionOf("medusa") || medusa["unavailable"] != nil {
			t.Errorf("Medusa is %v", medusa)
		}
	}
}

func offer(name v1alpha1.Engine, images map[string]any) map[string]any {
	version := versionOf(name)
	return map[string]any{"default": version, "versions": map[string]any{version: map[string]any{"images": images}}}
}

func versionOf(name v1alpha1.Engine) string {
	found, _ := engine.Find(all.Engines(), name)
	return found.Version
}
