package install

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNamespaceIsOnlyADefault finds no other mention of the default namespace in what runs: everything else learns where it is.
func TestNamespaceIsOnlyADefault(t *testing.T) {
	root := os.DirFS("../..")
	found := map[string]bool{}
	for _, dir := range []string{"api", "charts", "images", "internal", "localkube", "storefront/src", "web/src"} {
		err := fs.WalkDir(root, dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") || filepath.Ext(path) == ".tar" {
				return err
			}
			content, err := fs.ReadFile(root, path)
			if err == nil && strings.Contains(string(content), DefaultNamespace) {
				found[path] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !found["internal/install/install.go"] {
		t.Error("the default itself is not found: this test looks in the wrong place")
	}
	delete(found, "internal/install/install.go")
	if len(found) > 0 {
		t.Errorf("%v name the namespace %s: take it from the release, a flag or install.DefaultNamespace", found, DefaultNamespace)
	}
}
