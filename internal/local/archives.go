package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"shopflow.dev/shopflow/internal/progress"
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
	return a.source.Name + "=" + a.source.Version + "=" + cmp.Or(a.found.SHA256, a.source.Fallback)
}

// variable hands the archive's path to the image's context.sh.
func (a archive) variable() string {
	return "SOURCE_" + strings.ToUpper(a.source.Name) + "=" + a.found.Path
}

// archives finds each source once.
type archives struct {
	finder  source.Finder
	steps   *progress.Steps
	folder  string
	pinned  map[string]source.Source
	found   map[string]archive
	missing map[string]string
}

func (l *Local) newArchives() (*archives, error) {
	pinned, err := source.Read(l.path("images", "sources.yaml"))
	if err != nil {
		return nil, err
	}
	// The images' scripts run in another folder than this process, so that relative names would mean something else.
	folder, err := filepath.Abs(filepath.Join(l.opts.Dir, sourcesDir))
	if err != nil {
		return nil, err
	}
	a := &archives{
		steps: l.steps, folder: folder, pinned: map[string]source.Source{}, found: map[string]archive{}, missing: map[string]string{},
		finder: source.Finder{Folders: []string{folder}, Cache: filepath.Join(l.cache.Dir, sourcesDir), Client: source.NewClient()},
	}
	if named := os.Getenv(sourcesVariable); named != "" {
		if named, err = filepath.Abs(named); err != nil {
			return nil, err
		}
		if info, err := os.Stat(named); err != nil || !info.IsDir() { // #nosec G703 -- the folder that who runs this names
			l.steps.Say("! %s names %s, which is no folder", sourcesVariable, named)
		}
		a.finder.Folders = append([]string{named}, a.finder.Folders...)
	}
	for _, one := range pinned {
		a.pinned[one.Name] = one
	}
	return a, nil
}

// imagePlan is what is known of an image before anything is built.
type imagePlan struct {
	spec     imageSpec
	archives []archive
	// missing says what is missing for the image or for one of its parents, and what to do about it.
	missing string
	// wanted is false for an intermediate image that nothing is made from, because what would be is missing.
	wanted bool
}

// plan finds out which images can be made, and from which archives. The order stays: parents first.
func (a *archives) plan(ctx context.Context, specs []imageSpec) ([]imagePlan, error) {
	plans, missing := make([]imagePlan, len(specs)), map[string]string{}
	for i, spec := range specs {
		needs, lack, err := a.needs(ctx, spec, missing)
		if err != nil {
			return nil, err
		}
		plans[i], missing[spec.Name] = imagePlan{spec: spec, archives: needs, missing: lack}, lack
	}
	parents := map[string]bool{}
	for i := range slices.Backward(plans) {
		plan := &plans[i]
		plan.wanted = plan.missing == "" && (!plan.spec.Intermediate || parents[plan.spec.Name])
		for _, parent := range plan.spec.Parents {
			parents[parent] = parents[parent] || plan.wanted
		}
	}
	return plans, nil
}

// needs returns the archives that an image is made from, or what is missing for it or for one of its parents.
func (a *archives) needs(ctx context.Context, spec imageSpec, absent map[string]string) (needs []archive, missing string, err error) {
	for _, parent := range spec.Parents {
		if absent[parent] != "" {
			return nil, absent[parent], nil
		}
	}
	for _, name := range spec.Sources {
		if _, ok := a.pinned[name]; !ok {
			return nil, "", fmt.Errorf("images/images.yaml names source %s, which images/sources.yaml does not have", name)
		}
	}
	// What the image cannot be made without comes first: if it is missing, nothing else is downloaded in vain.
	order := slices.Clone(spec.Sources)
	slices.SortStableFunc(order, func(x, y string) int {
		return cmp.Compare(len(a.pinned[x].Fallback), len(a.pinned[y].Fallback))
	})
	for _, name := range order {
		one, missing, err := a.get(ctx, a.pinned[name])
		if err != nil || missing != "" {
			return nil, missing, err
		}
		needs = append(needs, one)
	}
	return needs, "", nil
}

// get finds a source, or says what is missing and what to do about it.
func (a *archives) get(ctx context.Context, pinned source.Source) (archive, string, error) {
	if one, ok := a.found[pinned.Name]; ok {
		return one, "", nil
	}
	if missing, ok := a.missing[pinned.Name]; ok {
		return archive{}, missing, nil
	}
	one, missing := archive{source: pinned}, ""
	err := a.steps.Do(ctx, fmt.Sprintf("Find %s %s", pinned.Name, pinned.Version), func(ctx context.Context) (string, error) {
		var why error
		one.found, why = a.finder.Find(ctx, pinned)
		switch {
		case why == nil:
			return "", nil
		case errors.Is(why, source.ErrMissing) && pinned.Fallback != "":
			return "not there; taking " + pinned.Fallback, nil
		default:
			missing = a.advice(pinned, why)
			return "not to be had", ctx.Err()
		}
	})
	switch {
	case err != nil:
		return archive{}, "", err
	case missing != "":
		a.missing[pinned.Name] = missing
		return archive{}, missing, nil
	}
	a.found[pinned.Name] = one
	return one, "", nil
}

// advice says in one line why an archive cannot be used and what to do about it.
func (a *archives) advice(pinned source.Source, why error) string {
	if !errors.Is(why, source.ErrMissing) {
		return fmt.Sprintf("%v. When that is put right, run make up again", why)
	}
	return fmt.Sprintf("%v. Put it into %s, or a folder that %s names, record its checksum there (sha256sum %s >> SHA256SUMS) and run make up again",
		why, a.folder, sourcesVariable, pinned.File)
}
