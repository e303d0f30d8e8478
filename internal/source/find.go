package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Found is an archive that can be used.
type Found struct {
	Path, SHA256 string
}

// Finder looks for archives.
type Finder struct {
	// Folders are searched in this order. A folder that does not exist is skipped.
	Folders []string
	// Cache is the last of them. It keeps what was downloaded, and what was found in a folder.
	Cache string
	// Client downloads (see NewClient).
	Client *http.Client
	// Patience is how long a download may make no progress; 0 means 15 s.
	Patience time.Duration
}

// Find returns the source's archive, and downloads it if no folder has it. An archive that a person put into a folder and that is
// refused is an error; only one in the cache is replaced by a download. ErrMissing means that there is none.
func (f Finder) Find(ctx context.Context, s Source) (Found, error) {
	cached := filepath.Join(f.Cache, s.File)
	var refused error
	for _, folder := range append(slices.Clone(f.Folders), f.Cache) {
		path := filepath.Join(folder, s.File)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		sum, err := s.Check(path)
		if err == nil {
			return f.keep(Found{Path: path, SHA256: sum}, s)
		}
		if path != cached {
			return Found{}, err
		}
		refused = err
	}
	why := f.download(ctx, s)
	switch {
	case why != nil && refused != nil:
		return Found{}, fmt.Errorf("%w (%s: %s)", refused, s.URL, plain(why))
	case why != nil:
		return Found{}, fmt.Errorf("%s %s %w: neither here nor at %s (%s)", s.Title, s.Version, ErrMissing, s.URL, plain(why))
	}
	sum, err := s.Check(cached)
	return Found{Path: cached, SHA256: sum}, err
}

// keep copies an archive that was found in a folder to the cache, where other clones find it, and returns the copy.
func (f Finder) keep(found Found, s Source) (Found, error) {
	cached := Found{Path: filepath.Join(f.Cache, s.File), SHA256: found.SHA256}
	if found.Path == cached.Path {
		return found, nil
	}
	if sum, err := sumOf(cached.Path); err == nil && sum == found.SHA256 {
		if recorded, err := recordedSum(cached.Path); err == nil && recorded == sum {
			return cached, nil
		}
	}
	err := f.store(s, func(part io.Writer) error {
		file, err := os.Open(found.Path)
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = io.Copy(part, file)
		return err
	})
	if err != nil {
		return Found{}, fmt.Errorf("keep %s in the cache: %w", found.Path, err)
	}
	return cached, nil
}

// store lets write fill a file of the cache, looks into it, records its checksum and gives it the archive's name.
func (f Finder) store(s Source, write func(part io.Writer) error) error {
	if err := os.MkdirAll(f.Cache, 0o750); err != nil {
		return err
	}
	if err := f.sweep(); err != nil {
		return err
	}
	part, err := os.CreateTemp(f.Cache, partPattern)
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	if err := errors.Join(write(part), part.Sync(), part.Close()); err != nil {
		return err
	}
	if err := s.inspect(part.Name()); err != nil {
		return fmt.Errorf("the download %w", err)
	}
	sum, err := sumOf(part.Name())
	if err != nil {
		return err
	}
	if err := record(filepath.Join(f.Cache, sumsFile), sum, s.File); err != nil {
		return err
	}
	return os.Rename(part.Name(), filepath.Join(f.Cache, s.File))
}

// partPattern names files of the cache that are not complete.
const partPattern = ".download-*"

// sweep removes what processes left that were killed.
func (f Finder) sweep() error {
	parts, err := filepath.Glob(filepath.Join(f.Cache, partPattern))
	if err != nil {
		return err
	}
	for _, part := range parts {
		// A younger one may belong to a process that still runs.
		if info, err := os.Stat(part); err == nil && time.Since(info.ModTime()) > downloadTimeout {
			if err := os.Remove(part); err != nil {
				return err
			}
		}
	}
	return nil
}
