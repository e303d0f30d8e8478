package engine

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
)

// Running is what a store runs that people may have bought from.
type Running struct {
	Software catalog.Software
	// Plan is the one that its size comes from, empty if its release does not say.
	Plan v1alpha1.Plan
	// Values are those of its release, nil if that is gone.
	Values map[string]any
	// DatabaseStorage and UploadsStorage are the sizes of its volumes, for a release that is gone; empty if they are not known.
	DatabaseStorage, UploadsStorage string
	// Refuse says why it cannot be changed, nil if it can.
	Refuse error
}

// NewRunning returns what a release of an engine runs, by its values and by the version and plan that it says.
func (e Engine) NewRunning(values map[string]any, version string, plan v1alpha1.Plan) Running {
	if plan == "" {
		plan = e.planOf(values)
	}
	return Running{Software: catalog.Software{Version: version, Images: imagesIn(values)}, Plan: plan, Values: values}
}

// Grown returns what a store runs whose volumes have grown to sizes since its release was made; empty sizes are not known. Volumes do not
// shrink, so a release that asked for less would be refused.
func (r Running) Grown(database, uploads string) Running {
	if r.Values == nil {
		r.DatabaseStorage, r.UploadsStorage = larger(cmp.Or(r.DatabaseStorage, database), database), larger(cmp.Or(r.UploadsStorage, uploads), uploads)
		return r
	}
	size := Size{
		DatabaseStorage: larger(textOr(table(table(r.Values, Database), "storage"), "size", ""), database),
		UploadsStorage:  larger(textOr(table(r.Values, "uploads"), "size", ""), uploads),
	}
	r.Values = plain(r.Values)
	setVolumes(r.Values, size)
	return r
}

// refuse sets why a running store cannot be what its spec says. Then it stays as it is, title and all.
func (r *Recipe) refuse(store *v1alpha1.Store, running *Running) {
	asked, runs := store.Spec.Version, running.Software.Version
	_, known := r.Engine.Plans[r.Plan]
	title := titleIn(running.Values)
	switch {
	case running.Refuse != nil:
		r.Refused = running.Refuse
	case !known:
		r.Refused = noPlan(r.Plan)
	case asked != "" && asked != runs:
		r.Refused = fmt.Errorf("the version of a store that sells cannot be changed to %s; it runs %s", asked, runs)
	case title != "" && title != titleOf(store) && !knowsMachine(running.Values):
		// Its database took the title over when it was made: to make the release again would restart it, and change nothing.
		r.Refused = errors.New("this store was made before titles could be changed here; change it in the shop's own administration")
	}
	if r.Refused != nil {
		r.Plan = cmp.Or(running.Plan, v1alpha1.PlanSmall)
	}
}

func noPlan(plan v1alpha1.Plan) error {
	return fmt.Errorf("plan %s is %w on this platform", plan, catalog.ErrUnavailable)
}

// Images returns the images that the recipe runs, by role.
func (r Recipe) Images() map[string]string { return imagesIn(r.Values) }

func imagesIn(values map[string]any) map[string]string {
	images := map[string]string{}
	for role, image := range table(values, "images") {
		if text, ok := image.(string); ok {
			images[role] = text
		}
	}
	return images
}

// keep lets a recipe leave everything as it runs but what is asked for: the spec's plan and title, and the platform's own addresses.
func (r *Recipe) keep(running *Running) {
	asked, values := r.Values, plain(running.Values)
	own := []string{"host", "url"}
	if knowsMachine(values) && r.Refused == nil {
		own = append(own, displayName)
	}
	for section, keys := range map[string][]string{"store": own, "ingress": {"className"}} {
		over := map[string]any{}
		for _, key := range keys {
			over[key] = table(asked, section)[key]
		}
		merge(values, map[string]any{section: over})
	}
	size := r.Engine.sizeIn(values, r.Size)
	if running.Plan != "" && running.Plan != r.Plan {
		r.Size.DatabaseStorage = larger(size.DatabaseStorage, r.Size.DatabaseStorage)
		r.Size.UploadsStorage = larger(size.UploadsStorage, r.Size.UploadsStorage)
		size = r.Size
		merge(values, r.Engine.resources(size))
		setVolumes(values, size)
	}
	r.Values, r.Size = values, size
}

// planOf returns the plan whose sizes values have, empty if none has. Releases of version 0.1.0 do not say their plan.
func (e Engine) planOf(values map[string]any) v1alpha1.Plan {
	for plan, size := range e.Plans {
		if reflect.DeepEqual(e.sizeIn(values, size), size) {
			return plan
		}
	}
	return ""
}

// Essence returns values without what a sale does not depend on: replicas, resources, the sizes of volumes and the title.
func (e Engine) Essence(values map[string]any) map[string]any {
	rest := plain(values)
	for _, component := range e.Components {
		section := table(rest, component.Name)
		delete(section, "replicas")
		delete(section, "resources")
		delete(table(section, "storage"), "size")
	}
	delete(table(rest, "uploads"), "size")
	delete(table(rest, "store"), displayName)
	return rest
}

// SameValues reports whether two sets of values say the same.
func SameValues(a, b map[string]any) bool { return reflect.DeepEqual(plain(a), plain(b)) }

// plain returns a copy of values with numbers as a release has them that was read back, so that it can be compared with new values.
func plain(values map[string]any) map[string]any {
	copied := make(map[string]any, len(values))
	for key, value := range values {
		copied[key] = plainValue(value)
	}
	return copied
}

func plainValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		return plain(value)
	case []any:
		copied := make([]any, len(value))
		for i, item := range value {
			copied[i] = plainValue(item)
		}
		return copied
	case int:
		return float64(value)
	case int64:
		return float64(value)
	default:
		return value
	}
}

// table returns a table in values, empty if there is none.
func table(values map[string]any, key string) map[string]any {
	found, _ := values[key].(map[string]any)
	if found == nil {
		return map[string]any{}
	}
	return found
}

// merge sets copies of the values of over, table by table.
func merge(values, over map[string]any) {
	for key, value := range over {
		inner, isTable := value.(map[string]any)
		if current, ok := values[key].(map[string]any); ok && isTable {
			merge(current, inner)
			continue
		}
		values[key] = plainValue(value)
	}
}
