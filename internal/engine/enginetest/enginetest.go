// Package enginetest tests that an engine keeps its promises: its texts, images, plans, credentials and chart, and that the
// proof of sale buys in its shops. Run is the one test that every engine must pass.
package enginetest

import (
	"net/http"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/engine"
)

// Run tests an engine. newShop returns one of its shops with these credentials, at the address Host.
func Run(t *testing.T, e engine.Engine, newShop func(credentials map[string]string) http.Handler) {
	t.Helper()
	t.Run("Description", func(t *testing.T) { checkDescription(t, e) })
	t.Run("Plans", func(t *testing.T) { checkPlans(t, e) })
	t.Run("Credentials", func(t *testing.T) { checkCredentials(t, e) })
	t.Run("Chart", func(t *testing.T) { checkChart(t, e) })
	t.Run("Sale", func(t *testing.T) { checkSale(t, e, newShop) })
}

// reporter is the part of a test that a check needs, so that a test of the check can see what it finds.
type reporter interface {
	Helper()
	Error(args ...any)
	Errorf(format string, args ...any)
}

// Catalog returns the catalog of a platform that has the engines, with an image for every role.
func Catalog(engines ...engine.Engine) catalog.Catalog {
	all := catalog.Catalog{Engines: map[v1alpha1.Engine]catalog.Offer{}}
	for _, e := range engines {
		images := map[string]string{}
		for _, image := range e.Images {
			images[image.Role] = image.Role + ":1"
		}
		all.Engines[e.Name] = catalog.Single(e.Version, images)
	}
	return all
}

// Recipe returns how a platform with default settings runs a store named demo.
func Recipe(t *testing.T, e engine.Engine, spec v1alpha1.StoreSpec) engine.Recipe {
	t.Helper()
	store := &v1alpha1.Store{Spec: spec}
	store.Name, store.Spec.Engine = "demo", e.Name
	recipe, err := engine.Engines{
		Known: []engine.Engine{e}, Catalog: Catalog(e),
		Settings: engine.Settings{Domain: "shopflow.localhost", Scheme: "http", Port: 8080, IngressClass: "shopflow", StorageClass: "standard"},
	}.Recipe(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	return recipe
}
