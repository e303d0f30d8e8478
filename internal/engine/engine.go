// Package engine knows the kinds of shops: which chart runs one, with which values, and what its first start needs.
// Everything in it is pure but the making of credentials, which takes its randomness from the caller.
package engine

import (
	"fmt"
	"net"
	"strconv"

	"shopflow.dev/shopflow/api/v1alpha1"
)

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
	// SellsWith names the components that must be ready before the store can sell.
	SellsWith []string
	Size      Size
}

// Engines writes recipes.
type Engines struct {
	Settings Settings
	Catalog  Catalog
}

// Recipe returns how to run a store. The error is ErrUnavailable if the platform cannot.
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
	size, ok := sizes()[plan(store)]
	if !ok {
		return recipe, fmt.Errorf("plan %s is %w on this platform", store.Spec.Plan, ErrUnavailable)
	}
	recipe.Size = size
	switch store.Spec.Engine {
	case v1alpha1.EngineMedusa:
		return e.medusa(store, recipe)
	default:
		return recipe, fmt.Errorf("engine %s is %w on this platform", store.Spec.Engine, ErrUnavailable)
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
