package engine

import "shopflow.dev/shopflow/api/v1alpha1"

// Refreshed returns how to run a store on what the platform brings today: the same version, plan and title, but with the
// images, values and resources that a new store of them gets. What cannot be changed in a store that exists stays: volumes and the
// address of its first administrator.
//
// The error is catalog.ErrUnavailable if the platform no longer has the version or the plan.
func (e Engines) Refreshed(store *v1alpha1.Store, running *Running) (Recipe, error) {
	known, ok := Find(e.Known, store.Spec.Engine)
	if !ok {
		return Recipe{}, unknownEngine(store.Spec.Engine)
	}
	software, err := e.Catalog.Pick(store.Spec.Engine, running.Software.Version, known.roles()...)
	if err != nil {
		return Recipe{}, err
	}
	old := plain(running.Values)
	volumes := known.sizeIn(old, Size{DatabaseStorage: running.DatabaseStorage, UploadsStorage: running.UploadsStorage})
	recipe, err := e.Recipe(running.held(store), &Running{
		Software: software, Plan: running.Plan, DatabaseStorage: volumes.DatabaseStorage, UploadsStorage: volumes.UploadsStorage,
	})
	if err != nil {
		return Recipe{}, err
	}
	keepTable(recipe.Values, old, "uploads")
	keepTable(table(recipe.Values, Database), table(old, Database), "storage")
	if email, ok := table(old, "store")["adminEmail"]; ok {
		table(recipe.Values, "store")["adminEmail"] = email
	}
	recipe.Values = plain(recipe.Values)
	return recipe, nil
}

// Held returns how to run a store as it runs, whatever its spec asks for meanwhile: one change at a time.
func (e Engines) Held(store *v1alpha1.Store, running *Running) (Recipe, error) {
	return e.Recipe(running.held(store), running)
}

// Asks reports whether a store's spec asks for something else than it runs.
func (r Running) Asks(store *v1alpha1.Store) bool {
	held := r.held(store)
	return titleOf(held) != titleOf(store) || held.Spec.Plan != store.Spec.Plan && store.Spec.Plan != ""
}

// held returns the store as if its spec asked for what it runs.
func (r Running) held(store *v1alpha1.Store) *v1alpha1.Store {
	held := store.DeepCopy()
	held.Spec.Version = ""
	if r.Plan != "" {
		held.Spec.Plan = r.Plan
	}
	if title := titleIn(r.Values); title != "" {
		held.Spec.DisplayName = title
	}
	return held
}

// keepTable sets a table to what it was, where it was there.
func keepTable(values, old map[string]any, key string) {
	if was, ok := old[key]; ok {
		values[key] = was
	}
}
