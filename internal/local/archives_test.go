package local

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/internal/progress"
	"shopflow.dev/shopflow/internal/source"
)

// testArchives returns the archives of a machine whose folders are empty and where nobody answers.
func testArchives(t *testing.T) (a *archives, specs []imageSpec, said *strings.Builder) {
	t.Helper()
	t.Setenv("SHOPFLOW_CACHE", t.TempDir())
	said = &strings.Builder{}
	l, err := New(Options{Root: "../..", Instance: "test", Port: 1, Dir: t.TempDir()}, progress.New(said))
	if err != nil {
		t.Fatal(err)
	}
	if a, err = l.newArchives(); err != nil {
		t.Fatal(err)
	}
	for name, pinned := range a.pinned {
		pinned.URL = "http://127.0.0.1:1/" + pinned.File // Nobody listens there.
		a.pinned[name] = pinned
	}
	if specs, err = readImages(l.path("images", "images.yaml")); err != nil {
		t.Fatal(err)
	}
	return a, specs, said
}

// resolve returns the images as they would be if every build worked.
func resolve(t *testing.T, a *archives, specs []imageSpec) map[string]image {
	t.Helper()
	plans, err := a.plan(t.Context(), specs)
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]image{}
	for _, plan := range plans {
		if plan.missing != "" || plan.wanted {
			images[plan.spec.Name] = image{name: plan.spec.Name, ref: plan.spec.Name + ":1", missing: plan.missing}
		}
	}
	return images
}

// TestImagesWithoutTheirArchive asks for images whose archive is nowhere: they and what is made from them are left out, and
// the platform learns why.
func TestImagesWithoutTheirArchive(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	t.Setenv(sourcesVariable, absent)
	a, specs, said := testArchives(t)
	images := resolve(t, a, specs)
	var made, left []string
	for _, spec := range specs {
		switch image, planned := images[spec.Name]; {
		case !planned:
			left = append(left, spec.Name)
		case image.missing == "":
			made = append(made, spec.Name)
		}
	}
	if diff := cmp.Diff([]string{"base", "node", "postgres", "valkey", "medusa-build", "medusa-database", "medusa", "shopflow"}, made); diff != "" {
		t.Errorf("images that are made (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"mariadb", "php"}, left); diff != "" {
		t.Errorf("images that nobody needs (-want +got):\n%s", diff)
	}
	if !strings.Contains(said.String(), "! SHOPFLOW_SOURCES names "+absent+", which is no folder\n") {
		t.Errorf("it said %q", said)
	}
	if strings.Count(said.String(), "Find woocommerce") != 1 || strings.Contains(said.String(), "Find wordpress") {
		t.Errorf("it looked for more than what is needed, or more than once: %q", said)
	}
	reason := "woocommerce 11.0.1 is not found here, nor at http://127.0.0.1:1/woocommerce.11.0.1.zip (connect: connection refused). Put it into " +
		a.folder + ", or a folder that SHOPFLOW_SOURCES names, record its checksum there (sha256sum woocommerce.11.0.1.zip >> SHA256SUMS) and run make up again"
	for _, baseline := range []bool{false, true} {
		values := engineValues(images, baseline)
		if diff := cmp.Diff(map[string]any{"unavailable": reason}, values["woocommerce"]); diff != "" {
			t.Errorf("WooCommerce (-want +got):\n%s", diff)
		}
		if medusa := values["medusa"].(map[string]any); medusa["version"] != medusaVersion || medusa["unavailable"] != nil {
			t.Errorf("Medusa is %v", medusa)
		}
	}
}

// TestImagesWhoseArchiveIsRefused puts something else in the archive's place.
func TestImagesWhoseArchiveIsRefused(t *testing.T) {
	t.Setenv(sourcesVariable, t.TempDir())
	a, specs, _ := testArchives(t)
	path := filepath.Join(os.Getenv(sourcesVariable), "woocommerce.11.0.1.zip")
	if err := os.WriteFile(path, []byte("<html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := path + " has no recorded checksum; if you trust it, run: (cd " + filepath.Dir(path) + " && sha256sum woocommerce.11.0.1.zip >> SHA256SUMS). When that is put right, run make up again"
	if diff := cmp.Diff(map[string]string{"woocommerce": want}, unavailableEngines(resolve(t, a, specs))); diff != "" {
		t.Errorf("engines (-want +got):\n%s", diff)
	}
}

// TestImagesWhoseArchivesAreThere has one archive, and of the other only what can take its place.
func TestImagesWhoseArchivesAreThere(t *testing.T) {
	t.Setenv(sourcesVariable, "")
	a, specs, _ := testArchives(t)
	a.found["woocommerce"] = archive{source: a.pinned["woocommerce"], found: source.Found{Path: "/x/woo.zip", SHA256: "abc"}}
	plans, err := a.plan(t.Context(), specs)
	if err != nil {
		t.Fatal(err)
	}
	for _, plan := range plans {
		if !plan.wanted || plan.missing != "" {
			t.Errorf("image %s is not made: %q", plan.spec.Name, plan.missing)
		}
		var variables []string
		for _, one := range plan.archives {
			variables = append(variables, one.variable())
		}
		if want := []string{"SOURCE_WOOCOMMERCE=/x/woo.zip", "SOURCE_WORDPRESS="}; plan.spec.Name == "woocommerce-build" && !cmp.Equal(want, variables) || plan.spec.Name != "woocommerce-build" && variables != nil {
			t.Errorf("image %s gets %v", plan.spec.Name, variables)
		}
	}
	if _, err := a.plan(t.Context(), []imageSpec{{Name: "x", Sources: []string{"unknown"}}}); err == nil {
		t.Error("a source that is not pinned was accepted")
	}
}

func TestEngineValuesOfWhatIsThere(t *testing.T) {
	specs, err := readImages("../../images/images.yaml")
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]image{}
	for _, spec := range specs {
		images[spec.Name] = image{name: spec.Name, ref: spec.Name + ":1"}
	}
	want := func(extraMedusa, extraWooCommerce map[string]any) map[string]any {
		medusa := map[string]any{"medusa": "medusa:1", "database": "medusa-database:1", "cache": "valkey:1"}
		woocommerce := map[string]any{"web": "woocommerce:1", "database": "woocommerce-database:1"}
		maps.Copy(medusa, extraMedusa)
		maps.Copy(woocommerce, extraWooCommerce)
		return map[string]any{
			"medusa":      map[string]any{"version": medusaVersion, "images": medusa},
			"woocommerce": map[string]any{"version": wooCommerceVersion, "images": woocommerce},
		}
	}
	if diff := cmp.Diff(want(nil, nil), engineValues(images, false)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	baseline := want(map[string]any{"medusaBuild": "medusa-build:1"}, map[string]any{"build": "woocommerce-build:1"})
	if diff := cmp.Diff(baseline, engineValues(images, true)); diff != "" {
		t.Errorf("values for the bench (-want +got):\n%s", diff)
	}
}

// TestArchiveFolders looks where archives are looked for, and that relative names mean the same in another folder.
func TestArchiveFolders(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	if err := os.Mkdir("mine", 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv(sourcesVariable, "mine")
	t.Setenv("SHOPFLOW_CACHE", "/cache")
	if err := os.MkdirAll("clone/images", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"images.yaml": "images: []", "sources.yaml": "sources: []"} {
		if err := os.WriteFile(filepath.Join("clone/images", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := New(Options{Root: "clone", Instance: "test", Port: 1}, progress.New(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	a, err := l.newArchives()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(folder, "mine"), filepath.Join(folder, "clone/.shopflow/sources"), "/cache/sources"}
	if diff := cmp.Diff(want, append(a.finder.Folders, a.finder.Cache)); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
}

// TestArchiveChangesTheImage looks at what of an archive goes into an image's hash.
func TestArchiveChangesTheImage(t *testing.T) {
	pinned := source.Source{Name: "wordpress", Version: "7.1.4", Fallback: "Debian's package wordpress"}
	next := pinned
	next.Version = "7.1.5"
	found := archive{source: pinned, found: source.Found{Path: "/x/w.zip", SHA256: "abc"}}
	words := map[string]bool{}
	for _, one := range []archive{{source: pinned}, {source: next}, found, {source: next, found: found.found}, {source: pinned, found: source.Found{Path: "/x/w.zip", SHA256: "abd"}}} {
		words[one.word()] = true
	}
	if len(words) != 5 {
		t.Errorf("two archives have the same word: %v", words)
	}
	elsewhere := found
	elsewhere.found.Path = "/y/w.zip"
	if elsewhere.word() != found.word() {
		t.Error("the place of an archive changes the image")
	}
	if got := (archive{source: pinned}).variable(); got != "SOURCE_WORDPRESS=" {
		t.Errorf("got %s", got)
	}
	if got := found.variable(); got != "SOURCE_WORDPRESS=/x/w.zip" {
		t.Errorf("got %s", got)
	}
}

func TestPinnedVersions(t *testing.T) {
	sources, err := source.Read("../../images/sources.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, pinned := range sources {
		if pinned.Name == "woocommerce" && pinned.Version != wooCommerceVersion {
			t.Errorf("images/sources.yaml pins WooCommerce %s, the catalogue says %s", pinned.Version, wooCommerceVersion)
		}
	}
}
