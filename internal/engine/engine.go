// Package engine knows the kinds of shops: which chart runs one, with which values, and what its first start needs.
// Everything in it is pure but the making of credentials, which takes its randomness from the caller.
//
// Each kind of shop has one file that says what is its own. What all of them share lives here, once.
package engine

import (
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
)

// Database is the component that every kind of shop keeps its data in.
const Database = "database"

// kind is what differs from one kind of shop to the next.
type kind interface {
	// images are the roles that the catalogue must fill.
	images() []string
	// adminPath is where the administration is, below the store's address.
	adminPath() string
	// entrance is the component that customers' requests go to.
	entrance() string
	// sellsWith names the components that must be ready before the store can sell.
	sellsWith() []string
	// sizes are the plans.
	sizes() map[v1alpha1.Plan]Size
	// values are those of the components that only this kind has.
	values(size Size) map[string]any
	// secrets adds what only this kind needs to the credentials that all kinds have.
	secrets(random io.Reader, credentials map[string]string) error
}

func kinds() map[v1alpha1.Engine]kind {
	return map[v1alpha1.Engine]kind{
		v1alpha1.EngineMedusa:      medusa{},
		v1alpha1.EngineWooCommerce: wooCommerce{},
	}
}

// Names returns the engines that are known, sorted. Whether a platform has them is for its catalogue to say. The chart of
// an engine has the engine's name.
func Names() []v1alpha1.Engine { return slices.Sorted(maps.Keys(kinds())) }

// Settings are the platform's own: the same for every store.
type Settings struct {
	// Domain is what store names are put in front of.
	Domain string
	// Scheme is http or https.
	Scheme string
	// Port is the public one; the scheme's own port is left out of addresses.
	Port int
	// IngressClass and StorageClass are the classes that charts name.
	IngressClass, StorageClass string
}

// Recipe is all it takes to run one store.
type Recipe struct {
	Engine  v1alpha1.Engine
	Version string
	// Host, URL and AdminURL are the store's public addresses.
	Host, URL, AdminURL string
	AdminEmail          string
	// Values are those of the engine's chart. They hold no secret.
	Values map[string]any
	// Entrance is the component that customers' requests go to.
	Entrance string
	// SellsWith names the components that must be ready before the store can sell.
	SellsWith []string
	Size      Size
}

// Engines writes recipes.
type Engines struct {
	Settings Settings
	Catalog  catalog.Catalog
}

// Recipe returns how to run a store. The error is catalog.ErrUnavailable if the platform cannot; the addresses are there even then.
func (e Engines) Recipe(store *v1alpha1.Store) (Recipe, error) {
	host := store.Name + "." + e.Settings.Domain
	recipe := Recipe{
		Engine:     store.Spec.Engine,
		Host:       host,
		URL:        e.Settings.address(host),
		AdminEmail: store.Spec.AdminEmail,
	}
	if recipe.AdminEmail == "" {
		recipe.AdminEmail = "owner@" + host
	}
	kind, ok := kinds()[store.Spec.Engine]
	if !ok {
		return recipe, fmt.Errorf("engine %s is %w on this platform", store.Spec.Engine, catalog.ErrUnavailable)
	}
	if recipe.Size, ok = kind.sizes()[plan(store)]; !ok {
		return recipe, fmt.Errorf("plan %s is %w on this platform", store.Spec.Plan, catalog.ErrUnavailable)
	}
	software, err := e.Catalog.Pick(store.Spec.Engine, store.Spec.Version, kind.images()...)
	if err != nil {
		return recipe, err
	}
	recipe.Version = software.Version
	recipe.AdminURL = recipe.URL + kind.adminPath()
	recipe.Entrance, recipe.SellsWith = kind.entrance(), kind.sellsWith()
	recipe.Values = e.values(store, recipe)
	images := map[string]any{}
	for _, role := range kind.images() {
		images[role] = software.Images[role]
	}
	recipe.Values["images"] = images
	maps.Copy(recipe.Values, kind.values(recipe.Size))
	return recipe, nil
}

// values returns what all charts take.
func (e Engines) values(store *v1alpha1.Store, recipe Recipe) map[string]any {
	size := recipe.Size
	return map[string]any{
		"imagePullPolicy": "IfNotPresent",
		"store": map[string]any{
			"name":        store.Name,
			"displayName": displayName(store),
			"host":        recipe.Host,
			"url":         recipe.URL,
			"adminEmail":  recipe.AdminEmail,
		},
		"credentialsSecret": v1alpha1.CredentialsSecret,
		"ingress": map[string]any{
			"className": e.Settings.IngressClass,
			"tls":       map[string]any{"enabled": false, "secretName": ""},
		},
		Database: map[string]any{
			"resources": size.resources(Database),
			"storage":   map[string]any{"size": size.DatabaseStorage, "className": e.Settings.StorageClass},
		},
		"uploads": map[string]any{
			"size":        size.UploadsStorage,
			"className":   e.Settings.StorageClass,
			"accessModes": []any{"ReadWriteOnce"},
		},
	}
}

// plan returns the store's plan. Stores made before there was a default have none.
func plan(store *v1alpha1.Store) v1alpha1.Plan {
	if store.Spec.Plan == "" {
		return v1alpha1.PlanSmall
	}
	return store.Spec.Plan
}

// displayName returns the shop's title.
func displayName(store *v1alpha1.Store) string {
	if store.Spec.DisplayName == "" {
		return store.Name
	}
	return store.Spec.DisplayName
}

// address returns the public address of a host.
func (s Settings) address(host string) string {
	usual := map[string]int{"http": 80, "https": 443}
	if s.Port != 0 && s.Port != usual[s.Scheme] {
		host = net.JoinHostPort(host, strconv.Itoa(s.Port))
	}
	return s.Scheme + "://" + host
}
