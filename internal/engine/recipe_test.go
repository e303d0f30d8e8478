package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
)

// example is an engine with two components, of which one has two containers.
func example() Engine {
	return Engine{
		Name: "example", AdminPath: "/admin", Frontend: "web",
		Images:     []Image{{Role: "shop", Name: "shop"}, {Role: "database", Name: "postgres"}},
		Components: []Component{{Name: "web", RequiredForSale: true}, {Name: Database}},
		Plans: map[v1alpha1.Plan]Size{v1alpha1.PlanSmall: {DatabaseStorage: "1Gi", UploadsStorage: "2Gi", Containers: []Container{
			{Component: "web", Name: "app", Rolls: true, Resources: Resources{"10m", "1", "32Mi", "64Mi"}},
			{Component: "web", Name: "proxy", Rolls: true, Resources: Resources{"20m", "500m", "16Mi", "128Mi"}},
			{Component: Database, Name: Database, Resources: Resources{"30m", "2", "64Mi", "96Mi"}},
		}}},
	}
}

func engines() Engines {
	return Engines{
		Known:    []Engine{example(), {Name: "other"}},
		Settings: Settings{Domain: "shopflow.localhost", Scheme: "http", Port: 8080, IngressClass: "shopflow", StorageClass: "standard"},
		Catalog: catalog.Catalog{Engines: map[v1alpha1.Engine]catalog.Offer{
			"example": catalog.Single("1.2.3", map[string]string{"shop": "shop:1", "database": "database:1"}),
			"other":   {Unavailable: "no archive: add one there"},
			"newer":   catalog.Single("1.0.0", nil),
		}},
	}
}

func storeOf(engine v1alpha1.Engine, change func(*v1alpha1.StoreSpec)) *v1alpha1.Store {
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo"}, Spec: v1alpha1.StoreSpec{Engine: engine}}
	if change != nil {
		change(&store.Spec)
	}
	return store
}

func TestRecipe(t *testing.T) {
	recipe, err := engines().Recipe(storeOf("example", nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if recipe.Version != "1.2.3" || recipe.AdminEmail != "owner@demo.shopflow.localhost" || recipe.Engine.Name != "example" {
		t.Errorf("got %+v", recipe)
	}
	resources := func(cpu, cpuLimit, memory, memoryLimit string) map[string]any {
		return map[string]any{
			"requests": map[string]any{"cpu": cpu, "memory": memory}, "limits": map[string]any{"cpu": cpuLimit, "memory": memoryLimit},
		}
	}
	want := map[string]any{
		"images": map[string]any{"shop": "shop:1", "database": "database:1"},
		"web": map[string]any{"replicas": 1.0, "resources": map[string]any{
			"app": resources("10m", "1", "32Mi", "64Mi"), "proxy": resources("20m", "500m", "16Mi", "128Mi"),
		}},
		"database": map[string]any{
			"resources": resources("30m", "2", "64Mi", "96Mi"), "storage": map[string]any{"size": "1Gi", "className": "standard"},
		},
		"uploads": map[string]any{"size": "2Gi", "className": "standard", "accessModes": []any{"ReadWriteOnce"}},
	}
	for key, value := range want {
		if diff := cmp.Diff(value, recipe.Values[key]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	if got := recipe.Engine.RequiredForSale(); !slices.Equal(got, []string{"web"}) {
		t.Errorf("a sale requires %v", got)
	}
}

func TestAddresses(t *testing.T) {
	for name, test := range map[string]struct {
		settings Settings
		want     string
	}{
		"Local":      {Settings{Domain: "shopflow.localhost", Scheme: "http", Port: 8080}, "http://demo.shopflow.localhost:8080"},
		"UsualHTTP":  {Settings{Domain: "shops.example", Scheme: "http", Port: 80}, "http://demo.shops.example"},
		"UsualHTTPS": {Settings{Domain: "shops.example", Scheme: "https", Port: 443}, "https://demo.shops.example"},
		"OddHTTPS":   {Settings{Domain: "shops.example", Scheme: "https", Port: 80}, "https://demo.shops.example:80"},
	} {
		t.Run(name, func(t *testing.T) {
			e := engines()
			e.Settings = test.settings
			recipe, err := e.Recipe(storeOf("example", nil), nil)
			if err != nil || recipe.URL != test.want || recipe.AdminURL != test.want+"/admin" {
				t.Errorf("got %s and %s (%v), want %s", recipe.URL, recipe.AdminURL, err, test.want)
			}
		})
	}
}

func TestUnavailable(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*v1alpha1.StoreSpec)
		damage func(*catalog.Catalog)
		want   string
	}{
		"Unknown":      {func(s *v1alpha1.StoreSpec) { s.Engine = "magento" }, nil, "engine magento is not available on this platform; available engines: example, newer"},
		"NewerCatalog": {func(s *v1alpha1.StoreSpec) { s.Engine = "newer" }, nil, "engine newer is not available: this version of ShopFlow does not know it"},
		"OtherVersion": {func(s *v1alpha1.StoreSpec) { s.Version = "1.0.0" }, nil, "version 1.0.0 of engine example is not available on this platform, 1.2.3 is"},
		"UnknownPlan":  {func(s *v1alpha1.StoreSpec) { s.Plan = "galactic" }, nil, "plan galactic is not available"},
		"NotInCatalog": {nil, func(c *catalog.Catalog) { delete(c.Engines, "example") }, "engine example is not available"},
		"NoImage":      {nil, func(c *catalog.Catalog) { delete(c.Engines["example"].Versions["1.2.3"].Images, "database") }, "no image for database"},
		"WithAReason":  {func(s *v1alpha1.StoreSpec) { s.Engine = "other" }, nil, "engine other is not available on this platform: no archive: add one there"},
	} {
		t.Run(name, func(t *testing.T) {
			e := engines()
			if test.damage != nil {
				test.damage(&e.Catalog)
			}
			recipe, err := e.Recipe(storeOf("example", test.change), nil)
			if !errors.Is(err, catalog.ErrUnavailable) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if recipe.URL != "http://demo.shopflow.localhost:8080" {
				t.Errorf("the address is %q", recipe.URL)
			}
		})
	}
}

func TestTotalFitsARollingUpdate(t *testing.T) {
	size := example().Plans[v1alpha1.PlanSmall]
	total := size.Total()
	// Twice app and proxy, once the database.
	if memory, cpu, storage := total.MemoryLimit.String(), total.CPULimit.String(), total.Storage.String(); memory != "480Mi" || cpu != "5" || storage != "3Gi" {
		t.Errorf("%s of memory, %s of CPU, %s of storage", memory, cpu, storage)
	}
	if largest := total.LargestMemory.String(); largest != "128Mi" {
		t.Errorf("the largest container has %s", largest)
	}
	steady := size.Steady()
	if cpu, memory := steady.CPULimit.String(), steady.MemoryLimit.String(); cpu != "3500m" || memory != "288Mi" {
		t.Errorf("%s of CPU and %s of memory when nothing is being updated", cpu, memory)
	}
}
