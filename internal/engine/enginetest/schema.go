package enginetest

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// checkSchema makes sure that the chart's schema refuses mistakes, and that it names the same keys as values.yaml.
func checkSchema(t *testing.T, e engine.Engine, chart *helmrelease.Chart) {
	mistakes := map[string]func(values map[string]any){
		"UnknownKey":      func(v map[string]any) { v["unknown"] = map[string]any{} },
		"UnknownInnerKey": func(v map[string]any) { v[e.Frontend] = map[string]any{"replica": 2} },
		"WrongType":       func(v map[string]any) { v[e.Frontend] = map[string]any{"replicas": "two"} },
		"NoProtocol":      func(v map[string]any) { v["store"].(map[string]any)["url"] = "demo.shopflow.localhost" },
		"EmptyName":       func(v map[string]any) { v["store"].(map[string]any)["displayName"] = "" },
	}
	for _, image := range e.Images {
		mistakes["NoImageFor/"+image.Role] = func(v map[string]any) { v["images"].(map[string]any)[image.Role] = "" }
	}
	if e.Installer != (engine.Image{}) {
		mistakes["NoInstaller"] = func(v map[string]any) { v[engine.Database].(map[string]any)["golden"] = false }
	}
	for name, mistake := range mistakes {
		t.Run(name, func(t *testing.T) {
			values := Recipe(t, e, v1alpha1.StoreSpec{}).Values
			mistake(values)
			if _, err := chart.Render("store-demo", "demo", values); err == nil {
				t.Error("was rendered")
			}
		})
	}
	if version := readChart(t, e, "Chart.yaml")["appVersion"]; version != e.Version {
		t.Errorf("the chart is for version %v, the engine has %s", version, e.Version)
	}
	schema := readChart(t, e, "values.schema.json")
	var fromSchema, fromValues []string
	walkSchema(schema, schema, "", &fromSchema)
	walkValues(readChart(t, e, "values.yaml"), "", &fromValues)
	slices.Sort(fromSchema)
	slices.Sort(fromValues)
	if diff := cmp.Diff(fromSchema, fromValues); diff != "" {
		t.Errorf("keys (-schema +values.yaml):\n%s", diff)
	}
}

func readChart(t *testing.T, e engine.Engine, file string) map[string]any {
	t.Helper()
	content, err := fs.ReadFile(e.Chart, file)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	if err := yaml.UnmarshalStrict(content, &values); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return values
}

func walkSchema(root, node map[string]any, path string, keys *[]string) {
	if ref, ok := node["$ref"].(string); ok {
		node = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	properties, ok := node["properties"].(map[string]any)
	if !ok {
		*keys = append(*keys, path)
		return
	}
	for name, child := range properties {
		walkSchema(root, child.(map[string]any), path+"."+name, keys)
	}
}

func walkValues(value any, path string, keys *[]string) {
	table, ok := value.(map[string]any)
	if !ok {
		*keys = append(*keys, path)
		return
	}
	for name, child := range table {
		walkValues(child, path+"."+name, keys)
	}
}
