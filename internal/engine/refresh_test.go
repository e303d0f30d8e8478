package engine

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
)

// fixed returns a platform that brings other images and larger plans for the same version, and another StorageClass.
func fixed() Engines {
	e := newer()
	e.Catalog.Engines["example"] = catalog.Single("1.2.3", map[string]string{"shop": "shop:2", "database": "database:2"})
	e.Settings.StorageClass = "fast"
	return e
}

func TestRefreshed(t *testing.T) {
	old := engines()
	old.Known[0].Machine = true
	made, err := old.Recipe(storeOf("example", func(s *v1alpha1.StoreSpec) { s.DisplayName, s.AdminEmail = "Mine", "me@example.com" }), nil)
	if err != nil {
		t.Fatal(err)
	}
	// What the spec asks for meanwhile is not part of it.
	asking := storeOf("example", func(s *v1alpha1.StoreSpec) { s.DisplayName, s.Plan = "Other", v1alpha1.PlanLarge })
	platform := fixed()
	platform.Known[0].Machine = true
	running := sold(t, made)
	got, err := platform.Refreshed(asking, running)
	if err != nil || got.Refused != nil {
		t.Fatal(err, got.Refused)
	}
	want := plain(made.Values)
	want["images"] = map[string]any{"shop": "shop:2", "database": "database:2"}
	merge(want, platform.Known[0].resources(platform.Known[0].Plans[v1alpha1.PlanSmall]))
	if diff := cmp.Diff(want, got.Values); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if got.Version != "1.2.3" || got.Plan != v1alpha1.PlanSmall || got.Size.DatabaseStorage != "1Gi" || got.Size.UploadsStorage != "2Gi" {
		t.Errorf("version %s, plan %s, size %+v", got.Version, got.Plan, got.Size)
	}
	if !running.Asks(asking) || running.Asks(storeOf("example", func(s *v1alpha1.StoreSpec) { s.DisplayName = "Mine" })) {
		t.Error("it is not known what the spec asks for")
	}
	again, err := platform.Refreshed(asking, sold(t, got))
	if err != nil || !SameValues(again.Values, got.Values) {
		t.Errorf("a second refresh changes something (%v): %s", err, cmp.Diff(got.Values, again.Values))
	}
}

func TestRefreshedNotOffered(t *testing.T) {
	made, err := engines().Recipe(storeOf("example", nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	withoutEngine, withoutPlan := engines(), fixed()
	withoutEngine.Known = nil
	withoutPlan.Known[0].Plans = nil
	for name, platform := range map[string]Engines{"NewerVersion": newer(), "NoEngine": withoutEngine, "NoPlan": withoutPlan} {
		if _, err := platform.Refreshed(storeOf("example", nil), sold(t, made)); !errors.Is(err, catalog.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCovering(t *testing.T) {
	old, today := example().Plans[v1alpha1.PlanSmall], newer().Known[0].Plans[v1alpha1.PlanSmall]
	today.Containers = append([]Container{}, today.Containers...)
	today.Containers[2].Resources.CPULimit = "1"
	got := today.Covering(old)
	if database := got.Containers[2].Resources; database.CPULimit != "2" || database.MemoryLimit != "1Gi" || today.Containers[2].Resources.CPULimit != "1" {
		t.Errorf("the database is covered by %+v, with %+v and %+v", database, old.Containers[2].Resources, today.Containers[2].Resources)
	}
	if got.DatabaseStorage != today.DatabaseStorage {
		t.Errorf("the volume has %s", got.DatabaseStorage)
	}
}
