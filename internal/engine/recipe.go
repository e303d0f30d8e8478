package engine

import (
	"fmt"
	"net"
	"strconv"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
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

// Recipe is everything that it takes to run one store.
type Recipe struct {
	// Engine is the zero Engine if this program does not know the one that the store names.
	Engine  Engine
	Version string
	// Host, URL and AdminURL are the store's public addresses.
	Host, URL, AdminURL string
	AdminEmail          string
	// Values are those of the engine's chart. They hold no secret.
	Values map[string]any
	Size   Size
}

// Engines writes recipes.
type Engines struct {
	// Known are the engines that this program has; Catalog says which of them the platform can run.
	Known    []Engine
	Catalog  catalog.Catalog
	Settings Settings
}

// Recipe returns how to run a store. The error is catalog.ErrUnavailable if the platform cannot; the addresses are there even then.
func (e Engines) Recipe(store *v1alpha1.Store) (Recipe, error) {
	host := store.Name + "." + e.Settings.Domain
	recipe := Recipe{Host: host, URL: e.Settings.address(host), AdminEmail: store.Spec.AdminEmail}
	if recipe.AdminEmail == "" {
		recipe.AdminEmail = "owner@" + host
	}
	var ok bool
	recipe.Engine, ok = Find(e.Known, store.Spec.Engine)
	if err := e.Catalog.Check(store.Spec.Engine); err != nil {
		return recipe, err
	}
	if !ok {
		return recipe, fmt.Errorf("engine %s is %w: this version of ShopFlow does not know it", store.Spec.Engine, catalog.ErrUnavailable)
	}
	if recipe.Size, ok = recipe.Engine.Plans[plan(store)]; !ok {
		return recipe, fmt.Errorf("plan %s is %w on this platform", store.Spec.Plan, catalog.ErrUnavailable)
	}
	roles := make([]string, 0, len(recipe.Engine.Images))
	for _, image := range recipe.Engine.Images {
		roles = append(roles, image.Role)
	}
	software, err := e.Catalog.Pick(store.Spec.Engine, store.Spec.Version, roles...)
	if err != nil {
		return recipe, err
	}
	images := map[string]any{}
	for _, role := range roles {
		images[role] = software.Images[role]
	}
	recipe.Version = software.Version
	recipe.AdminURL = recipe.URL + recipe.Engine.AdminPath
	recipe.Values = e.Settings.values(store, recipe, images)
	return recipe, nil
}

// values returns those of a store's chart: what all charts take, and a section for each component.
func (s Settings) values(store *v1alpha1.Store, recipe Recipe, images map[string]any) map[string]any {
	size := recipe.Size
	values := map[string]any{
		"imagePullPolicy": "IfNotPresent",
		"images":          images,
		"store": map[string]any{
			"name":        store.Name,
			"displayName": displayName(store),
			"host":        recipe.Host,
			"url":         recipe.URL,
			"adminEmail":  recipe.AdminEmail,
		},
		"credentialsSecret": v1alpha1.CredentialsSecret,
		"ingress": map[string]any{
			"className": s.IngressClass,
			"tls":       map[string]any{"enabled": false, "secretName": ""},
		},
	}
	for _, component := range recipe.Engine.Components {
		values[component.Name] = size.values(component.Name)
	}
	if database, ok := values[Database].(map[string]any); ok {
		database["storage"] = map[string]any{"size": size.DatabaseStorage, "className": s.StorageClass}
	}
	if size.UploadsStorage != "" {
		values["uploads"] = map[string]any{
			"size":        size.UploadsStorage,
			"className":   s.StorageClass,
			"accessModes": []any{"ReadWriteOnce"},
		}
	}
	return values
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
