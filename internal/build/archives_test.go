package build

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/internal/progress"
	"shopflow.dev/shopflow/internal/source"
)

// testArchives returns the archives of a machine whose folders are empty and whose network has no publisher.
func testArchives(t *testing.T) (a *archives, specs []imageSpec, said *strings.Builder) {
	t.Helper()
	t.Setenv("SHOPFLOW_CACHE", t.TempDir())
	said = &strings.Builder{}
	b, err := New(Options{Root: "../..", Dir: t.TempDir()}, progress.New(said))
	if err != nil {
		t.Fatal(err)
	}
	if a, err = b.newArchives(); err != nil {
		t.Fatal(err)
	}
	for i, pinned := range a.pinned {
		a.pinned[i].URL = "http://127.0.0.1:1/" + pinned.File // No server listens there.
	}
	if specs, err = readImages(b.path("images", "images.yaml")); err != nil {
		t.Fatal(err)
	}
	return a, specs, said
}

// TestImagesWithoutTheirArchive has no archive of WooCommerce: what is made from it is left out, and the reason says what to do.
func TestImagesWithoutTheirArchive(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	t.Setenv(sourcesVariable, absent)
	a, specs, said := testArchives(t)
	plans, note, err := a.plan(t.Context(), specs)
	if err != nil {
		t.Fatal(err)
	}
	var built, unused []string
	reasons := map[string]bool{}
	for _, spec := range specs {
		switch plan := plans[spec.Name]; {
		case plan.missing != "":
			reasons[plan.missing] = true
		case plan.wanted:
			built = append(built, spec.Name)
		default:
			unused = append(unused, spec.Name)
		}
	}
	if diff := cmp.Diff([]string{"base", "node", "medusa-build", "postgres", "valkey", "medusa-database", "medusa", "shopflow"}, built); diff != "" {
		t.Errorf("images that are built (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"mariadb", "php"}, unused); diff != "" {
		t.Errorf("images that nothing is made from (-want +got):\n%s", diff)
	}
	if note != "WooCommerce 11.0.1 not found" {
		t.Errorf("note %q", note)
	}
	if !strings.Contains(said.String(), "! SHOPFLOW_SOURCES names "+absent+", which is not a folder\n") {
		t.Errorf("output %q", said)
	}
	if len(a.found) > 0 || len(a.missing) != 1 {
		t.Errorf("more than the required archive was looked for: found %v, missing %v", a.found, a.missing)
	}
	want := "WooCommerce 11.0.1 not found: neither here nor at http://127.0.0.1:1/woocommerce.11.0.1.zip (connect: connection refused). Put the archive into " +
		a.folder + ", or a folder that SHOPFLOW_SOURCES names, record its checksum there (sha256sum woocommerce.11.0.1.zip >> SHA256SUMS) and run make up again"
	if diff := cmp.Diff(map[string]bool{want: true}, reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

// TestImagesWhoseArchiveIsRefused has something else in the archive's place.
func TestImagesWhoseArchiveIsRefused(t *testing.T) {
	t.Setenv(sourcesVariable, t.TempDir())
	a, specs, _ := testArchives(t)
	path := filepath.Join(os.Getenv(sourcesVariable), "woocommerce.11.0.1.zip")
	if err := os.WriteFile(path, []byte("<html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	plans, _, err := a.plan(t.Context(), specs)
	if err != nil {
		t.Fatal(err)
	}
	want := path + " has no recorded checksum; if you trust it, run: (cd " + filepath.Dir(path) + " && sha256sum woocommerce.11.0.1.zip >> SHA256SUMS). Then run make up again"
	if diff := cmp.Diff(want, plans["woocommerce-database"].missing); diff != "" {
		t.Errorf("reason (-want +got):\n%s", diff)
	}
}

// TestImagesWithTheirArchives has one archive, and of the other only what takes its place.
func TestImagesWithTheirArchives(t *testing.T) {
	t.Setenv(sourcesVariable, "")
	a, specs, _ := testArchives(t)
	a.found["woocommerce"] = archive{source: source.Source{Name: "woocommerce"}, found: source.Found{Path: "/x/woo.zip", SHA256: "abc"}}
	plans, note, err := a.plan(t.Context(), specs)
	if err != nil || note != progress.Unchanged {
		t.Fatalf("note %q, %v", note, err)
	}
	for name, plan := range plans {
		if !plan.wanted || plan.missing != "" {
			t.Errorf("image %s is not built: %q", name, plan.missing)
		}
		var variables, notes []string
		for _, one := range plan.archives {
			variables, notes = append(variables, one.variable()), append(notes, one.fallbackNote())
		}
		if name != "woocommerce-build" {
			if variables != nil {
				t.Errorf("image %s gets %v", name, variables)
			}
			continue
		}
		if diff := cmp.Diff([]string{"SOURCE_WOOCOMMERCE=/x/woo.zip", "SOURCE_WORDPRESS="}, variables); diff != "" {
			t.Errorf("image %s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff([]string{"", "using Debian's package wordpress"}, notes); diff != "" {
			t.Errorf("notes (-want +got):\n%s", diff)
		}
	}
	if _, _, err := a.plan(t.Context(), []imageSpec{{Name: "x", Sources: []string{"unknown"}}}); err == nil {
		t.Error("a source that is not pinned was accepted")
	}
}

// TestArchiveFolders checks where archives are looked for, and that relative names mean the same in another folder.
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
	b, err := New(Options{Root: "clone", Dir: DefaultDir("clone")}, progress.New(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	a, err := b.newArchives()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(folder, "mine"), filepath.Join(folder, "clone/.shopflow/sources"), "/cache/sources"}
	if diff := cmp.Diff(want, append(a.finder.Folders, a.finder.Cache)); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
}

// TestArchiveChangesTheImage checks what of an archive is part of an image's hash.
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
