package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	resultFile   = "build.json"
	archivesDir  = "images"
	programsLink = "programs"
	logsDir      = "logs"
)

// Result is what a build made.
type Result struct {
	// Programs is the folder of the node's programs.
	Programs string `json:"programs"`
	// Images are the images by name.
	Images map[string]Image `json:"images"`
}

// Image is an image that was built, or the reason why it was not.
type Image struct {
	// Reference is the name by which pods ask for it.
	Reference string `json:"reference,omitempty"`
	// Archive is the path of its docker archive.
	Archive string `json:"archive,omitempty"`
	// Intermediate images are parents of others: no pod runs them.
	Intermediate bool `json:"intermediate,omitempty"`
	// Missing says what is missing and what to do about it. The image does not exist then.
	Missing string `json:"missing,omitempty"`
}

// Files returns the names of what a build leaves in its folder.
func Files() []string { return []string{resultFile, archivesDir, programsLink, logsDir} }

// Read returns the result of the last build into the folder.
func Read(dir string) (Result, error) {
	var result Result
	content, err := os.ReadFile(filepath.Join(dir, resultFile)) // #nosec G304 -- a file of the build
	if errors.Is(err, fs.ErrNotExist) {
		return Result{}, fmt.Errorf("nothing was built for %s yet: run make up", RelativePath(dir))
	}
	if err != nil {
		return Result{}, err
	}
	if err := json.Unmarshal(content, &result); err != nil {
		return Result{}, fmt.Errorf("read %s (run make up to build again): %w", RelativePath(filepath.Join(dir, resultFile)), err)
	}
	return result, nil
}

func (r Result) write(dir string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, resultFile)
	if err := os.WriteFile(path+".part", append(content, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the result of the build: %w", err)
	}
	return os.Rename(path+".part", path)
}

// linkResult creates links to the programs and to each archive in the folder, where people and tests find them by their names.
func (b *Builder) linkResult() error {
	programs := filepath.Join(b.opts.Dir, programsLink)
	if err := os.RemoveAll(programs); err != nil {
		return err
	}
	if err := os.Symlink(b.programs, programs); err != nil {
		return err
	}
	dir := filepath.Join(b.opts.Dir, archivesDir)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for name, image := range b.images {
		if image.Archive == "" {
			continue
		}
		if err := os.Symlink(image.Archive, filepath.Join(dir, name+".tar")); err != nil {
			return err
		}
	}
	return nil
}
