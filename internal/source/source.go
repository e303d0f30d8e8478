// Package source finds the archives of other people's software that images are made from and no package registry has:
// in a folder that a person filled, in the cache, or at the publisher's address. An archive is used only when it is complete, is
// what it should be, and has the checksum that was recorded for it.
package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// Source is one archive, as images/sources.yaml pins it.
type Source struct {
	Name string `json:"name"`
	// Title is the name that people know it by.
	Title   string `json:"title"`
	Version string `json:"version"`
	// File is the archive's name, a zip, in any of the folders.
	File string `json:"file"`
	// URL is where its publisher offers it, by https.
	URL string `json:"url"`
	// Files must all be in it. The first one names the version, as the first group of Pattern.
	Files   []string `json:"files"`
	Pattern string   `json:"pattern"`
	// Fallback says that the image can be made without the archive, and from what.
	Fallback string `json:"fallback,omitempty"`
}

// ErrMissing means that an archive was not found anywhere.
var ErrMissing = errors.New("not found")

// Read returns the sources that a file pins.
func Read(path string) ([]Source, error) {
	content, err := os.ReadFile(path) // #nosec G304 -- a file of the clone
	if err != nil {
		return nil, err
	}
	var file struct {
		Sources []Source `json:"sources"`
	}
	if err := yaml.UnmarshalStrict(content, &file); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	for _, source := range file.Sources {
		if err := source.valid(); err != nil {
			return nil, fmt.Errorf("read %s: source %q: %w", path, source.Name, err)
		}
	}
	return file.Sources, nil
}

func (s Source) valid() error {
	switch {
	case s.Name == "" || s.Title == "" || s.Version == "" || len(s.Files) == 0:
		return errors.New("its name, title, version or files are missing")
	case s.File == "" || s.File != filepath.Base(s.File):
		return errors.New("file must be a name without a folder")
	case !strings.HasPrefix(s.URL, "https://"):
		return errors.New("url must begin with https://")
	}
	pattern, err := regexp.Compile(s.Pattern)
	if err != nil {
		return err
	}
	if pattern.NumSubexp() < 1 {
		return errors.New("pattern must have a group")
	}
	return nil
}
