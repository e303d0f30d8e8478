package engine

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
)

func engines() Engines {
	return Engines{
		Settings: Settings{Domain: "shopflow.localhost", Scheme: "http", Port: 8080, IngressClass: "shopflow", StorageClass: "standard"},
		Catalog: catalog.Catalog{Engines: map[v1alpha1.Engine]catalog.Software{
			v1alpha1.EngineMedusa: {
				Version: "2.21.2", Images: map[string]string{"medusa": "medusa:1", "database": "database:1", "cache": "cache:1"},
			},
			v1alpha1.EngineWooCommerce: {Version: "11.0.1", Images: map[string]string{"web": "web:1", "database": "database:1"}},
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

func TestValues(t *testing.T) {
	update := flag.Lookup("update").Value.String() == "true"
	for name, change := range map[string]func(*v1alpha1.StoreSpec){
		"defaults": nil,
		"hostile": func(s *v1alpha1.StoreSpec) {
			s.DisplayName, s.AdminEmail, s.Plan = "\"quotes\" $(reboot)\n🛍️ <b>", "jane@example.com", v1alpha1.PlanLarge
		},
	} {
		for _, engine := range Names() {
			t.Run(string(engine)+"/"+name, func(t *testing.T) {
				recipe, err := engines().Recipe(storeOf(engine, change))
				if err != nil {
					t.Fatal(err)
				}
				got, err := yaml.Marshal(recipe.Values)
				if err != nil {
					t.Fatal(err)
				}
				golden := filepath.Join("testdata", string(engine)+"-"+name+".yaml")
				if update {
					if err := os.WriteFile(golden, got, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("values differ from %s; look at them and run with -update:\n%s", golden, got)
				}
			})
		}
	}
}

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files anew")
	os.Exit(m.Run())
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
			for engine, path := range map[v1alpha1.Engine]string{v1alpha1.EngineMedusa: "/app", v1alpha1.EngineWooCommerce: "/wp-admin/"} {
				recipe, err := e.Recipe(storeOf(engine, nil))
				if err != nil || recipe.URL != test.want || recipe.AdminURL != test.want+path {
					t.Errorf("got %s and %s (%v), want %s", recipe.URL, recipe.AdminURL, err, test.want)
				}
			}
		})
	}
}

func TestUnavailable(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*v1alpha1.StoreSpec)
		mend   func(*catalog.Catalog)
		want   string
	}{
		"Unknown":       {func(s *v1alpha1.StoreSpec) { s.Engine = "other" }, nil, "engine other is not available"},
		"OtherVersion":  {func(s *v1alpha1.StoreSpec) { s.Version = "1.0.0" }, nil, "version 1.0.0 of engine medusa is not available on this platform, 2.21.2 is"},
		"UnknownPlan":   {func(s *v1alpha1.StoreSpec) { s.Plan = "galactic" }, nil, "plan galactic is not available"},
		"NotCatalogued": {nil, func(c *catalog.Catalog) { delete(c.Engines, v1alpha1.EngineMedusa) }, "engine medusa is not available"},
		"NoImage":       {nil, func(c *catalog.Catalog) { delete(c.Engines[v1alpha1.EngineMedusa].Images, "cache") }, "no image for cache"},
		"WithAReason": {
			func(s *v1alpha1.StoreSpec) { s.Engine = v1alpha1.EngineWooCommerce },
			func(c *catalog.Catalog) {
				c.Engines[v1alpha1.EngineWooCommerce] = catalog.Software{Unavailable: "no archive: put one there"}
			},
			"engine woocommerce is not available on this platform: no archive: put one there",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := engines()
			if test.mend != nil {
				test.mend(&e.Catalog)
			}
			_, err := e.Recipe(storeOf(v1alpha1.EngineMedusa, test.change))
			if !errors.Is(err, catalog.ErrUnavailable) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestPinnedVersion(t *testing.T) {
	recipe, err := engines().Recipe(storeOf(v1alpha1.EngineMedusa, func(s *v1alpha1.StoreSpec) { s.Version = "2.21.2" }))
	if err != nil || recipe.Version != "2.21.2" {
		t.Errorf("got %s (%v)", recipe.Version, err)
	}
}

func TestTotalFitsARollingUpdate(t *testing.T) {
	for engine, want := range map[v1alpha1.Engine]struct{ memory, largest string }{
		v1alpha1.EngineMedusa:      {"2144Mi", "512Mi"}, // Twice server and worker, once database and cache.
		v1alpha1.EngineWooCommerce: {"1Gi", "320Mi"},    // Twice PHP, nginx and cron, once the database.
	} {
		for plan, size := range kinds()[engine].sizes() {
			// Some pods run, and more come while those that roll are replaced.
			if total := size.Total(); total.Pods < 6 || total.Claims < 2 || total.MemoryLimit.IsZero() || total.CPULimit.IsZero() {
				t.Errorf("%s, plan %s: %+v", engine, plan, total)
			}
		}
		size := kinds()[engine].sizes()[v1alpha1.PlanSmall]
		total := size.Total()
		if got, largest := total.MemoryLimit.String(), total.LargestMemory.String(); got != want.memory || largest != want.largest {
			t.Errorf("%s: the small plan's memory is %s, the largest container's %s; want %s and %s", engine, got, largest, want.memory, want.largest)
		}
		once := resource.Quantity{}
		for _, container := range size.Containers {
			once.Add(resource.MustParse(container.Resources.CPURequest))
		}
		if got := once.MilliValue(); got > 200 {
			t.Errorf("%s: a small store asks for %d millicores: eight of them do not fit on two cores", engine, got)
		}
	}
}
