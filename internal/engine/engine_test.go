package engine

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
)

func engines() Engines {
	return Engines{
		Settings: Settings{Domain: "shopflow.localhost", Scheme: "http", Port: 8080, IngressClass: "shopflow", StorageClass: "standard"},
		Catalog: Catalog{Engines: map[v1alpha1.Engine]Software{v1alpha1.EngineMedusa: {
			Version: "2.21.2", Images: map[string]string{"medusa": "medusa:1", "database": "database:1", "cache": "cache:1"},
		}}},
	}
}

func medusaStore(change func(*v1alpha1.StoreSpec)) *v1alpha1.Store {
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo"}, Spec: v1alpha1.StoreSpec{Engine: v1alpha1.EngineMedusa}}
	if change != nil {
		change(&store.Spec)
	}
	return store
}

func TestMedusaValues(t *testing.T) {
	update := flag.Lookup("update").Value.String() == "true"
	for name, store := range map[string]*v1alpha1.Store{
		"defaults": medusaStore(nil),
		"hostile": medusaStore(func(s *v1alpha1.StoreSpec) {
			s.DisplayName, s.AdminEmail, s.Plan = "\"quotes\" $(reboot)\n🛍️ <b>", "jane@example.com", v1alpha1.PlanLarge
		}),
	} {
		t.Run(name, func(t *testing.T) {
			recipe, err := engines().Recipe(store)
			if err != nil {
				t.Fatal(err)
			}
			got, err := yaml.Marshal(recipe.Values)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".yaml")
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
			recipe, err := e.Recipe(medusaStore(nil))
			if err != nil || recipe.URL != test.want || recipe.AdminURL != test.want+"/app" {
				t.Errorf("got %s and %s (%v), want %s", recipe.URL, recipe.AdminURL, err, test.want)
			}
		})
	}
}

func TestUnavailable(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*v1alpha1.StoreSpec)
		mend   func(*Catalog)
		want   string
	}{
		"WooCommerce":   {func(s *v1alpha1.StoreSpec) { s.Engine = v1alpha1.EngineWooCommerce }, nil, "engine woocommerce is not available"},
		"OtherVersion":  {func(s *v1alpha1.StoreSpec) { s.Version = "1.0.0" }, nil, "version 1.0.0 of engine medusa is not available on this platform, 2.21.2 is"},
		"UnknownPlan":   {func(s *v1alpha1.StoreSpec) { s.Plan = "galactic" }, nil, "plan galactic is not available"},
		"NotCatalogued": {nil, func(c *Catalog) { delete(c.Engines, v1alpha1.EngineMedusa) }, "engine medusa is not available"},
		"NoImage":       {nil, func(c *Catalog) { delete(c.Engines[v1alpha1.EngineMedusa].Images, "cache") }, "no image for cache"},
	} {
		t.Run(name, func(t *testing.T) {
			e := engines()
			if test.mend != nil {
				test.mend(&e.Catalog)
			}
			_, err := e.Recipe(medusaStore(test.change))
			if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestPinnedVersion(t *testing.T) {
	recipe, err := engines().Recipe(medusaStore(func(s *v1alpha1.StoreSpec) { s.Version = "2.21.2" }))
	if err != nil || recipe.Version != "2.21.2" {
		t.Errorf("got %s (%v)", recipe.Version, err)
	}
}

func TestParseCatalog(t *testing.T) {
	good := "engines:\n  medusa:\n    version: 2.21.2\n    images: {medusa: a, database: b, cache: c}\n"
	catalog, err := ParseCatalog([]byte(good))
	if err != nil || catalog.Engines[v1alpha1.EngineMedusa].Images["database"] != "b" {
		t.Errorf("got %+v (%v)", catalog, err)
	}
	for name, text := range map[string]string{
		"Typo": "engine: {}", "NoVersion": "engines: {medusa: {images: {medusa: a}}}", "NoYAML": "{",
	} {
		if _, err := ParseCatalog([]byte(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestTotalFitsARollingUpdate(t *testing.T) {
	for plan, size := range sizes() {
		total := size.Total()
		for what, quantities := range map[string][2]string{
			"server memory": {size.Server.MemoryLimit, total.MemoryLimit.String()},
			"server CPU":    {size.Server.CPULimit, total.CPULimit.String()},
		} {
			if quantities[0] == "" || quantities[1] == "0" {
				t.Errorf("plan %s: %s is %v", plan, what, quantities)
			}
		}
		// Four pods run and two more come while server and worker are replaced.
		if total.Pods < 6 || total.Claims < 2 {
			t.Errorf("plan %s allows %d pods and %d claims", plan, total.Pods, total.Claims)
		}
	}
	small := sizes()[v1alpha1.PlanSmall].Total()
	if got, want := small.MemoryLimit.String(), "2144Mi"; got != want {
		t.Errorf("the small plan's memory is %s, want twice server and worker, once database and cache: %s", got, want)
	}
	if got := small.CPURequest.MilliValue() - 70; got > 200 {
		t.Errorf("a small store asks for %d millicores: eight of them do not fit on two cores", got)
	}
}
