package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"shopflow.dev/shopflow/internal/source"
)

const (
	sourcesDir = "sources"
	// sourcesVariable names a folder with archives.
	sourcesVariable = "SHOPFLOW_SOURCES"
)

// archive is a source that an image is made from. Without a path the image's own fallback takes its place.
type archive struct {
	source source.Source
	found  source.Found
}

// word tells one content from another in an image's hash.
func (a archive) word() string {
	if a.found.Path == "" {
		return a.source.Name + "=" + a.source.Fallback
	}
	return a.source.Name + "=" + a.found.SHA256
}

// variable hands the archive's path to the image's context.sh.
func (a archive) variable() string {
	return "SOURCE_" + strings.ToUpper(a.source.Name) + "=" + a.found.Path
}

// archives finds each source once.
type archives struct {
	local   *Local
	finder  source.Finder
	pinned  map[string]source.Source
	found   map[string]archive
	missing map[string]string
}

func (l *Local) newArchives() (*archives, error) {
	pinned, err := source.Read(l.path("images", "sources.yaml"))
	if err != nil {
		return nil, err
	}
	a := &archives{
		local: l, pinned: map[string]source.Source{}, found: map[string]archive{}, missing: map[string]string{},
		finder: source.Finder{
			Folders: []string{filepath.Join(l.opts.Dir, sourcesDir)}, Cache: filepath.Join(l.cache.Dir, sourcesDir), Client: source.NewClient(),
		},
	}
	if folder := os.Getenv(sourcesVariable); folder != "" {
		a.finder.Folders = append([]string{folder}, a.finder.Folders...)
	}
	for _, one := range pinned {
		a.pinned[one.Name] = one
	}
	return a, nil
}

// needs returns the archives that an image is made from, or what is missing for it or for one of its parents.
func (a *archives) needs(ctx context.Context, spec imageSpec, built map[string]image) (needs []archive, missing string, err error) {
	for _, parent := range spec.Parents {
		if built[parent].missing != "" {
			return nil, built[parent].missing, nil
		}
	}
	for _, name := range spec.Sources {
		one, missing, err := a.get(ctx, name)
		if err != nil || missing != "" {
			return nil, missing, err
		}
		needs = append(needs, one)
	}
	return needs, "", nil
}

// get finds a source, or says what is missing and what to do about it.
func (a *archives) get(ctx context.Context, name string) (archive, string, error) {
	if one, ok := a.found[name]; ok {
		return one, "", nil
	}
	if missing, ok := a.missing[name]; ok {
		return archive{}, missing, nil
	}
	pinned, ok := a.pinned[name]
	if !ok {
		return archive{}, "", fmt.Errorf("images/images.yaml names source %s, which images/sources.yaml does not have", name)
	}
	one := archive{source: pinned}
	var why error
	err := a.local.steps.Do(ctx, fmt.Sprintf("Find %s %s", name, pinned.Version), func(ctx context.Context) (string, error) {
		if one.found, why = a.finder.Find(ctx, pinned); why == nil {
			return "", nil
		}
		if errors.Is(why, source.ErrMissing) && pinned.Fallback != "" {
			return "not here: taking " + pinned.Fallback, nil
		}
		return "not to be had", ctx.Err()
	})
	if err != nil {
		return archive{}, "", err
	}
	if why != nil && !(errors.Is(why, source.ErrMissing) && pinned.Fallback != "") {
		missing := advice(pinned, why)
		a.missing[name] = missing
		a.local.steps.Say("! No WooCommerce: %s", missing)
		return archive{}, missing, nil
	}
	a.found[name] = one
	return one, "", nil
}

// advice says in one line why an archive cannot be used and what to do about it.
func advice(pinned source.Source, why error) string {
	if !errors.Is(why, source.ErrMissing) {
		return why.Error()
	}
	return fmt.Sprintf("%v. Put %s and its line of sha256sum, in a file SHA256SUMS, into .shopflow/sources or the folder that %s names, and run make up again",
		why, pinned.File, sourcesVariable)
}
