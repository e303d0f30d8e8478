package engine

import (
	"cmp"
	"fmt"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
)

// Recipe says how to run a store.
type Recipe struct {
	// Engine is the zero Engine if this program does not know the one that the store names.
	Engine  Engine
	Version string
	Plan    v1alpha1.Plan
	// Host, URL and AdminURL are the store's public addresses.
	Host, URL, AdminURL string
	AdminEmail          string
	// Values are those of the engine's chart, Scale among them. They hold no secret.
	Values map[string]any
	// Size is what Values ask for.
	Size Size
	// Refused says why a running store is not changed to what its spec says, nil if it is.
	Refused error
}

// Engines turns stores into recipes.
type Engines struct {
	// Known are the engines that this program has; Catalog says which of them the platform can run.
	Known    []Engine
	Catalog  catalog.Catalog
	Settings Settings
}

// Recipe returns how to run a store. running is what the store runs now, nil for one that does not sell yet. A running store keeps
// its software and size, whatever the catalog and this program say today: only what its spec asks for is changed.
//
// The error is catalog.ErrUnavailable if the platform cannot run what the store asks for. Addresses are there even then.
func (e Engines) Recipe(store *v1alpha1.Store, running *Running) (Recipe, error) {
	host := store.Name + "." + e.Settings.Domain
	recipe := Recipe{
		Host: host, URL: e.Settings.address(host), AdminEmail: cmp.Or(store.Spec.AdminEmail, "owner@"+host),
		Plan: cmp.Or(store.Spec.Plan, v1alpha1.PlanSmall),
	}
	var known bool
	if recipe.Engine, known = Find(e.Known, store.Spec.Engine); known {
		recipe.AdminURL = recipe.URL + recipe.Engine.AdminPath
	}
	if !known || running == nil {
		if err := e.Catalog.Check(store.Spec.Engine); err != nil {
			return recipe, err
		}
	}
	if !known {
		return recipe, unknownEngine(store.Spec.Engine)
	}
	if running != nil {
		recipe.refuse(store, running)
	}
	var ok bool
	if recipe.Size, ok = recipe.Engine.Plans[recipe.Plan]; !ok {
		return recipe, noPlan(recipe.Plan)
	}
	if running != nil {
		recipe.Size.DatabaseStorage = cmp.Or(running.DatabaseStorage, recipe.Size.DatabaseStorage)
		recipe.Size.UploadsStorage = cmp.Or(running.UploadsStorage, recipe.Size.UploadsStorage)
	}
	software, err := e.software(store, recipe.Engine, running)
	if err != nil {
		return recipe, err
	}
	recipe.Version = software.Version
	recipe.Values = e.Settings.values(store, recipe, software.Images)
	if running != nil && running.Values != nil {
		recipe.keep(running)
	}
	return recipe, nil
}

// software returns the version and images of a store: those that it runs, or else what the catalog has.
func (e Engines) software(store *v1alpha1.Store, engine Engine, running *Running) (catalog.Software, error) {
	if running != nil {
		return running.Software, nil
	}
	return e.Catalog.Pick(store.Spec.Engine, store.Spec.Version, engine.roles()...)
}

func unknownEngine(name v1alpha1.Engine) error {
	return fmt.Errorf("engine %s is %w: this version of ShopFlow does not know it", name, catalog.ErrUnavailable)
}

// titleOf returns the shop's title.
func titleOf(store *v1alpha1.Store) string { return cmp.Or(store.Spec.DisplayName, store.Name) }

// machineSecret is the value that names the Secret of the machine's token.
const machineSecret = "machineSecret"

// displayName is the value of the shop's title, in the table "store".
const displayName = "displayName"

// KnowsMachine reports whether the shop knows the platform by the machine's token. Shops that an older platform has made do not.
func (r Recipe) KnowsMachine() bool { return knowsMachine(r.Values) }

func knowsMachine(values map[string]any) bool {
	name, _ := values[machineSecret].(string)
	return name != ""
}

// Title returns the title that the shop is to have.
func (r Recipe) Title() string { return titleIn(r.Values) }

func titleIn(values map[string]any) string {
	title, _ := table(values, "store")[displayName].(string)
	return title
}

// values returns the values of a store's chart.
func (s Settings) values(store *v1alpha1.Store, recipe Recipe, images map[string]string) map[string]any {
	references := map[string]any{}
	for _, image := range recipe.Engine.Images {
		references[image.Role] = images[image.Role]
	}
	values := map[string]any{
		"imagePullPolicy": "IfNotPresent",
		"images":          references,
		"store": map[string]any{
			"name":       store.Name,
			displayName:  titleOf(store),
			"host":       recipe.Host,
			"url":        recipe.URL,
			"adminEmail": recipe.AdminEmail,
		},
		"credentialsSecret": v1alpha1.CredentialsSecret,
		"ingress": map[string]any{
			"className": s.IngressClass,
			"tls":       map[string]any{"enabled": false, "secretName": ""},
		},
	}
	if recipe.Engine.Machine {
		values[machineSecret] = v1alpha1.MachineSecret
	}
	merge(values, recipe.Engine.scale(recipe.Size, s.StorageClass))
	return values
}
