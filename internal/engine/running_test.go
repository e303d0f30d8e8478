package engine

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
)

// sold returns what a store runs that was made with a recipe, as its release says it.
func sold(t *testing.T, recipe Recipe) *Running {
	t.Helper()
	running := recipe.Engine.NewRunning(plain(recipe.Values), recipe.Version, recipe.Plan)
	return &running
}

// newer returns a platform with another default, other images and larger plans.
func newer() Engines {
	e := engines()
	engine := example()
	small := engine.Plans[v1alpha1.PlanSmall]
	larger := small
	larger.Containers = append([]Container{}, small.Containers...)
	for i := range larger.Containers {
		larger.Containers[i].Resources.MemoryLimit = "1Gi"
	}
	larger.DatabaseStorage = "9Gi"
	engine.Plans = map[v1alpha1.Plan]Size{v1alpha1.PlanSmall: larger, v1alpha1.PlanLarge: larger}
	e.Known[0] = engine
	e.Catalog.Engines["example"] = catalog.Single("2.0.0", map[string]string{"shop": "shop:2", "database": "database:2"})
	return e
}

func TestAStoreThatSellsKeepsWhatItRuns(t *testing.T) {
	made, err := engines().Recipe(storeOf("example", nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	withoutExample := newer()
	withoutExample.Catalog = catalog.Catalog{}
	for name, platform := range map[string]Engines{"Same": engines(), "Newer": newer(), "NotInCatalog": withoutExample} {
		t.Run(name, func(t *testing.T) {
			got, err := platform.Recipe(storeOf("example", nil), sold(t, made))
			if err != nil || got.Refused != nil {
				t.Fatal(err, got.Refused)
			}
			if !SameValues(made.Values, got.Values) || got.Version != "1.2.3" {
				t.Errorf("version %s, values (-before +after):\n%s", got.Version, cmp.Diff(plain(made.Values), plain(got.Values)))
			}
			if diff := cmp.Diff(made.Size, got.Size); diff != "" {
				t.Errorf("size (-before +after):\n%s", diff)
			}
		})
	}
	if fresh, err := newer().Recipe(storeOf("example", nil), nil); err != nil || fresh.Version != "2.0.0" {
		t.Errorf("a new store gets %s (%v)", fresh.Version, err)
	}
}

func TestChangesOfAStoreThatSells(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*v1alpha1.StoreSpec)
		address Settings
		differ  []string
		essence bool
		memory  string
		refused string
		machine bool
	}{
		"Title":           {func(s *v1alpha1.StoreSpec) { s.DisplayName = "New" }, Settings{}, nil, false, "96Mi", "this store was made before titles could be changed here; change it in the shop's own administration", false},
		"Plan":            {func(s *v1alpha1.StoreSpec) { s.Plan = v1alpha1.PlanLarge }, Settings{}, []string{"database", "web"}, false, "1Gi", "", false},
		"Address":         {nil, Settings{Domain: "shops.example", Scheme: "https"}, []string{"ingress", "store"}, true, "96Mi", "", false},
		"UnknownPlan":     {func(s *v1alpha1.StoreSpec) { s.Plan = "galactic" }, Settings{}, nil, false, "96Mi", "plan galactic is not available on this platform", false},
		"OtherVersion":    {func(s *v1alpha1.StoreSpec) { s.Version = "2.0.0" }, Settings{}, nil, false, "96Mi", "the version of a store that sells cannot be changed to 2.0.0; it runs 1.2.3", false},
		"TheSameVersion":  {func(s *v1alpha1.StoreSpec) { s.Version = "1.2.3" }, Settings{}, nil, false, "96Mi", "", false},
		"TitleByMachine":  {func(s *v1alpha1.StoreSpec) { s.DisplayName = "New" }, Settings{}, []string{"store"}, false, "96Mi", "", true},
		"TitleAndPlan":    {func(s *v1alpha1.StoreSpec) { s.DisplayName, s.Plan = "New", v1alpha1.PlanLarge }, Settings{}, []string{"database", "store", "web"}, false, "1Gi", "", true},
		"NeitherOfThem":   {func(s *v1alpha1.StoreSpec) { s.DisplayName, s.Plan = "New", "galactic" }, Settings{}, nil, false, "96Mi", "plan galactic is not available on this platform", true},
		"RefusedAsAWhole": {func(s *v1alpha1.StoreSpec) { s.Version, s.Plan, s.DisplayName = "2.0.0", v1alpha1.PlanLarge, "New" }, Settings{}, nil, false, "96Mi", "the version of a store that sells cannot be changed to 2.0.0; it runs 1.2.3", false},
	} {
		t.Run(name, func(t *testing.T) {
			old := engines()
			old.Known[0].Machine = test.machine
			made, err := old.Recipe(storeOf("example", nil), nil)
			if err != nil {
				t.Fatal(err)
			}
			platform := newer()
			if test.address.Domain != "" {
				platform.Settings = test.address
			}
			got, err := platform.Recipe(storeOf("example", test.change), sold(t, made))
			if err != nil {
				t.Fatal(err)
			}
			var differ []string
			before, after := plain(made.Values), plain(got.Values)
			for _, key := range []string{"credentialsSecret", "database", "images", "imagePullPolicy", "ingress", "store", "uploads", "web"} {
				if !cmp.Equal(before[key], after[key]) {
					differ = append(differ, key)
				}
			}
			if diff := cmp.Diff(test.differ, differ); diff != "" {
				t.Errorf("sections that differ (-want +got):\n%s", diff)
			}
			if SameValues(got.Engine.Essence(before), got.Engine.Essence(after)) == test.essence {
				t.Errorf("a sale depends on the change: %v, want %v", !test.essence, test.essence)
			}
			database, storage := got.Size.Containers[2].Resources.MemoryLimit, "1Gi"
			if got.Plan == v1alpha1.PlanLarge {
				storage = "9Gi"
			}
			if database != test.memory || got.Size.DatabaseStorage != storage || table(table(after, Database), "storage")["size"] != storage {
				t.Errorf("the database has %s of memory, want %s, and %s of storage, want %s", database, test.memory, got.Size.DatabaseStorage, storage)
			}
			if test.refused == "" && got.Refused != nil || test.refused != "" && (got.Refused == nil || got.Refused.Error() != test.refused) {
				t.Errorf("refused with %v, want %q", got.Refused, test.refused)
			}
		})
	}
}

// TestVolumesDoNotShrink changes a plan down again: everything is smaller then, but for the volumes.
func TestVolumesDoNotShrink(t *testing.T) {
	platform := newer()
	large, err := platform.Recipe(storeOf("example", func(s *v1alpha1.StoreSpec) { s.Plan = v1alpha1.PlanLarge }), nil)
	if err != nil {
		t.Fatal(err)
	}
	small := engines()
	small.Known[0].Plans[v1alpha1.PlanLarge] = newer().Known[0].Plans[v1alpha1.PlanLarge]
	made, err := small.Recipe(storeOf("example", nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	up, err := small.Recipe(storeOf("example", func(s *v1alpha1.StoreSpec) { s.Plan = v1alpha1.PlanLarge }), new(sold(t, made).Grown("2Gi", "")))
	if err != nil || up.Size.DatabaseStorage != "9Gi" || up.Size.UploadsStorage != "2Gi" {
		t.Errorf("the larger plan gives %+v (%v)", up.Size, err)
	}
	got, err := small.Recipe(storeOf("example", func(s *v1alpha1.StoreSpec) { s.Plan = v1alpha1.PlanSmall }), sold(t, large))
	if err != nil || got.Size.DatabaseStorage != "9Gi" || got.Size.UploadsStorage != "2Gi" || got.Size.Containers[2].Resources.MemoryLimit != "96Mi" {
		t.Errorf("got %+v (%v)", got.Size, err)
	}
	again, err := small.Recipe(storeOf("example", nil), new(sold(t, large).Grown("8Gi", "12Gi")))
	if err != nil || again.Size.DatabaseStorage != "9Gi" || again.Size.UploadsStorage != "12Gi" {
		t.Errorf("after the volumes were enlarged by hand: %+v (%v)", again.Size, err)
	}
	if total := got.Size.Total(); total.Storage.String() != "11Gi" {
		t.Errorf("the quota counts %s of storage", &total.Storage)
	}
}

// TestPlanOfAnOldRelease finds the plan of a release that does not say it.
func TestPlanOfAnOldRelease(t *testing.T) {
	made, err := engines().Recipe(storeOf("example", nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if running := example().NewRunning(plain(made.Values), "1.2.3", ""); running.Plan != v1alpha1.PlanSmall || running.Software.Images["shop"] != "shop:1" {
		t.Errorf("got %+v", running)
	}
	// Of sizes that no plan has any more, nothing is known, and nothing is changed.
	platform := newer()
	running := platform.Known[0].NewRunning(plain(made.Values), "1.2.3", "")
	got, err := platform.Recipe(storeOf("example", nil), &running)
	if err != nil || running.Plan != "" || !SameValues(made.Values, got.Values) {
		t.Errorf("plan %q, %v, %v", running.Plan, got.Values, err)
	}
}

// TestAReleaseThatIsGone is made again with the software that the store ran.
func TestAReleaseThatIsGone(t *testing.T) {
	images := map[string]string{"shop": "shop:1", "database": "database:1"}
	platform := newer()
	platform.Catalog = catalog.Catalog{}
	got, err := platform.Recipe(storeOf("example", nil), &Running{Software: catalog.Software{Version: "1.2.3", Images: images}, Plan: v1alpha1.PlanSmall})
	if err != nil || got.Version != "1.2.3" || !maps.Equal(got.Images(), images) {
		t.Errorf("version %s with %v (%v)", got.Version, got.Images(), err)
	}
}
