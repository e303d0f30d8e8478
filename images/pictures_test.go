package images

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPicturesAreThoseOfTheDrawings fails when a drawing of the sample shop was changed and its picture for WordPress was not.
func TestPicturesAreThoseOfTheDrawings(t *testing.T) {
	drawings, err := filepath.Glob("../storefront/public/media/*.svg")
	if err != nil || len(drawings) == 0 {
		t.Fatalf("%d drawings (%v)", len(drawings), err)
	}
	const pictures = "woocommerce-build/pictures"
	var want strings.Builder
	for _, drawing := range drawings {
		content, err := os.ReadFile(drawing)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(drawing)
		fmt.Fprintf(&want, "%x  %s\n", sha256.Sum256(content), name)
		if _, err := os.Stat(filepath.Join(pictures, strings.TrimSuffix(name, ".svg")+".webp")); err != nil {
			t.Error(err)
		}
	}
	got, err := os.ReadFile(filepath.Join(pictures, "DRAWINGS"))
	if err != nil || string(got) != want.String() {
		t.Errorf("the pictures were drawn from other drawings (%v): run hack/product-pictures", err)
	}
}
