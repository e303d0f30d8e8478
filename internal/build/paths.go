package build

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// FindRoot returns the clone that dir is in.
func FindRoot(dir string) (string, error) {
	for {
		if _, err := os.Stat(filepath.Join(dir, "images", "images.yaml")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("this is not inside a clone of ShopFlow: change into one, or name it with --root")
		}
		dir = parent
	}
}

// DefaultDir returns the folder of the local ShopFlow of a clone.
func DefaultDir(root string) string { return filepath.Join(root, ".shopflow") }

// RelativePath returns the path as a person in the working directory would type it.
func RelativePath(path string) string {
	folder, err := os.Getwd()
	if err != nil {
		return path
	}
	relative, err := filepath.Rel(folder, path)
	if err != nil || strings.HasPrefix(relative, filepath.Join("..", "..", "..")) {
		return path
	}
	return relative
}
