package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Hash sums up the inputs of an artifact: the files below roots (relative to base) by path, executable bit and content, and
// the extra words, such as versions. It returns 64 hexadecimal digits. Folders that a build fills itself are left out.
func Hash(base string, roots []string, extra ...string) (string, error) {
	sum := sha256.New()
	for _, word := range extra {
		fmt.Fprintf(sum, "word %q\n", word)
	}
	for _, root := range slices.Sorted(slices.Values(roots)) {
		if err := hashTree(sum, base, root); err != nil {
			return "", fmt.Errorf("hash %s: %w", root, err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func hashTree(sum hash.Hash, base, root string) error {
	return filepath.WalkDir(filepath.Join(base, root), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch entry.Name() {
			case "node_modules", "dist", ".git", "bin":
				return fs.SkipDir
			}
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(base, path)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			fmt.Fprintf(sum, "other %q %s\n", name, info.Mode().Type())
			return nil
		}
		fmt.Fprintf(sum, "file %q %t %d\n", name, info.Mode()&0o100 != 0, info.Size())
		return hashFile(sum, path)
	})
}

func hashFile(sum hash.Hash, path string) error {
	file, err := os.Open(path) // #nosec G304 -- the caller names its own build inputs
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(sum, file)
	return err
}
