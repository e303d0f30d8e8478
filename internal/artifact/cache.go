// Package artifact keeps what is slow to build outside the clone, keyed by the hash of its inputs, so that a second clone on
// the same machine does not build it again.
package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const manifestName = "manifest.json"

// Cache is a folder of artifacts: <Dir>/<name>/<hash>/, each with a manifest that is written last.
type Cache struct {
	Dir string
}

// DefaultDir returns the cache folder of this user, by the XDG base directory rules.
func DefaultDir() (string, error) {
	if dir := os.Getenv("SHOPFLOW_CACHE"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder (set SHOPFLOW_CACHE): %w", err)
	}
	return filepath.Join(dir, "shopflow"), nil
}

// manifest lists the files of an artifact with the SHA-256 of each.
type manifest struct {
	Files map[string]string `json:"files"`
}

// Find returns the folder of the artifact if it is there and whole. A damaged or half-written one counts as absent.
func (c Cache) Find(name, hash string) (string, bool) {
	dir := filepath.Join(c.Dir, name, hash)
	return dir, verify(dir) == nil
}

// Get returns the folder of the artifact. If it is absent or damaged, make fills an empty folder and built is true. Another
// process that wants the same artifact meanwhile waits. Nothing is left behind when make fails.
func (c Cache) Get(ctx context.Context, name, hash string, make func(ctx context.Context, dir string) error) (dir string, built bool, err error) {
	parent := filepath.Join(c.Dir, name)
	if err := os.MkdirAll(parent, 0o750); err != nil {
		return "", false, fmt.Errorf("make the cache folder: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(parent, "lock"))
	if err != nil {
		return "", false, fmt.Errorf("lock the cache entry %s: %w", name, err)
	}
	defer unlock()
	dir, found := c.Find(name, hash)
	if found {
		return dir, false, nil
	}
	part := dir + ".part"
	for _, leftover := range []string{dir, part} {
		if err := os.RemoveAll(leftover); err != nil {
			return "", false, fmt.Errorf("clear a damaged cache entry: %w", err)
		}
	}
	if err := os.Mkdir(part, 0o750); err != nil {
		return "", false, err
	}
	if err := fill(ctx, part, make); err != nil {
		return "", false, errors.Join(err, os.RemoveAll(part))
	}
	return dir, true, os.Rename(part, dir)
}

// Prune removes the entries of name other than the newest keep ones, so that the cache does not grow for ever.
func (c Cache) Prune(name string, keep int) error {
	entries, err := os.ReadDir(filepath.Join(c.Dir, name))
	if err != nil {
		return err
	}
	type aged struct {
		path string
		at   time.Time
	}
	var dirs []aged
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !entry.IsDir() {
			continue
		}
		dirs = append(dirs, aged{filepath.Join(c.Dir, name, entry.Name()), info.ModTime()})
	}
	for len(dirs) > keep {
		oldest := 0
		for i := range dirs {
			if dirs[i].at.Before(dirs[oldest].at) {
				oldest = i
			}
		}
		if err := os.RemoveAll(dirs[oldest].path); err != nil {
			return err
		}
		dirs = append(dirs[:oldest], dirs[oldest+1:]...)
	}
	return nil
}

func fill(ctx context.Context, dir string, make func(ctx context.Context, dir string) error) error {
	if err := make(ctx, dir); err != nil {
		return err
	}
	sums, err := sumFiles(dir)
	if err != nil {
		return fmt.Errorf("sum up the artifact: %w", err)
	}
	if len(sums) == 0 {
		return errors.New("the build left no file")
	}
	content, err := json.MarshalIndent(manifest{Files: sums}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, manifestName), content, 0o600)
}

func verify(dir string) error {
	content, err := os.ReadFile(filepath.Join(dir, manifestName)) // #nosec G304 -- inside the cache
	if err != nil {
		return err
	}
	var want manifest
	if err := json.Unmarshal(content, &want); err != nil {
		return err
	}
	got, err := sumFiles(dir)
	if err != nil {
		return err
	}
	for name, sum := range want.Files {
		if got[name] != sum {
			return fmt.Errorf("%s is damaged", name)
		}
	}
	return nil
}

func sumFiles(dir string) (map[string]string, error) {
	sums := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || entry.Name() == manifestName {
			return err
		}
		sum := sha256.New()
		if err := hashFile(sum, path); err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		sums[name] = hex.EncodeToString(sum.Sum(nil))
		return err
	})
	return sums, err
}

// lock takes an exclusive lock on the file. The kernel drops it when the process ends, however it ends.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- inside the cache
	if err != nil {
		return nil, err
	}
	taken := make(chan error, 1)
	go func() { taken <- syscall.Flock(int(file.Fd()), syscall.LOCK_EX) }()
	select {
	case err := <-taken:
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return func() { _ = file.Close() }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
