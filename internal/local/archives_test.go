package local

import (
	"path/filepath"
	"strings"
	"testing"

	"shopflow.dev/shopflow/internal/progress"
	"shopflow.dev/shopflow/internal/source"
)

// TestImagesWithoutTheirArchive asks for images whose archive is nowhere: they and what is made from them are left out, and
// the platform learns why.
func TestImagesWithoutTheirArchive(t *testing.T) {
	t.Setenv("SHOPFLOW_CACHE", t.TempDir())
	t.Setenv(sourcesVariable, filepath.Join(t.TempDir(), "absent"))
	var out strings.Builder
	l, err := New(Options{Root: "../..", Instance: "test", Port: 1, Dir: t.TempDir()}, progress.New(&out))
	if err != nil {
		t.Fatal(err)
	}
	archives, err := l.newArchives()
	if err != nil {
		t.Fatal(err)
	}
	for name, pinned := range archives.pinned {
		pinned.URL = "http://127.0.0.1:1/" + pinned.File // Nobody listens there.
		archives.pinned[name] = pinned
	}
	specs, err := readImages(l.path("images", "images.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]image{}
	for _, spec := range specs {
		_, missing, err := archives.needs(t.Context(), spec, images)
		if err != nil {
			t.Fatal(err)
		}
		images[spec.Name] = image{name: spec.Name, ref: spec.Name + ":1", missing: missing}
	}
	for name, image := range images {
		if got, want := image.missing != "", strings.HasPrefix(name, "woocommerce"); got != want {
			t.Errorf("image %s is left out: %v, want %v", name, got, want)
		}
	}
	if said := strings.Count(out.String(), "! No WooCommerce: "); said != 1 || !strings.Contains(out.String(), "SHA256SUMS") {
		t.Errorf("it said %q", out.String())
	}
	values := engineValues(images, true)
	if medusa := values["medusa"].(map[string]any); medusa["version"] != medusaVersion || medusa["unavailable"] != nil {
		t.Errorf("Medusa is %v", medusa)
	}
	woo := values["woocommerce"].(map[string]any)
	if reason, _ := woo["unavailable"].(string); !strings.Contains(reason, "woocommerce.11.0.1.zip") || woo["images"] != nil {
		t.Errorf("WooCommerce is %v", woo)
	}
}

func TestArchiveChangesTheImage(t *testing.T) {
	pinned := source.Source{Name: "wordpress", Fallback: "Debian's package wordpress"}
	fallback, found := archive{source: pinned}, archive{source: pinned, found: source.Found{Path: "/x/w.zip", SHA256: "abc"}}
	if fallback.word() == found.word() || fallback.variable() != "SOURCE_WORDPRESS=" || found.variable() != "SOURCE_WORDPRESS=/x/w.zip" {
		t.Errorf("got %q %q, %q %q", fallback.word(), fallback.variable(), found.word(), found.variable())
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
