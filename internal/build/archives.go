package build

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

// fallbackNote names what takes the archive's place, if something does.
func (a archive) fallbackNote() string {
	if a.found.Path != "" {
		return ""
	}
	return "using " + a.source.Fallback
}

// variable hands the archive's path to the image's context.sh.
func (a archive) variable() string {
	return "SOURCE_" + strings.ToUpper(a.source.Name) + "=" + a.found.Path
}

// archives finds each source once.
type archives struct {
	finder source.Finder
	folder string
	pinned []source.Source
	// found has the archives that can be used, and missing the advice about those that cannot.
	found   map[string]archive
	missing map[string]string
	notes   []string
}

func (b *Builder) newArchives() (*archives, error) {
	pinned, err := source.Read(b.path("images", "sources.yaml"))
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(b.opts.Dir, sourcesDir)
	a := &archives{
		folder: folder, pinned: pinned, found: map[string]archive{}, missing: map[string]string{},
		finder: source.Finder{Folders: []string{folder}, Cache: filepath.Join(b.cache.Dir, sourcesDir), Client: source.NewClient()},
	}
	if named := os.Getenv(sourcesVariable); named != "" {
		if named, err = filepath.Abs(named); err != nil {
			return nil, err
		}
		if info, err := os.Stat(named); err != nil || !info.IsDir() { // #nosec G703 -- the folder that the person names
			b.steps.Say("! %s names %s, which is not a folder", sourcesVariable, named)
		}
		a.finder.Folders = append([]string{named}, a.finder.Folders...)
	}
	return a, nil
}

// title names what is looked for.
func (a *archives) title() string {
	var titles []string
	for _, one := range a.pinned {
		titles = append(titles, one.Title)
	}
	return "Find " + strings.Join(titles, " and ")
}

// imagePlan is what is known of an image before it is built.
type imagePlan struct {
	archives []archive
	// missing says what is missing for the image or for one of its parents, and what to do about it.
	missing string
	// wanted is false for an intermediate image that nothing is made from, because what would be is missing.
	wanted bool
}

// plan finds out which images can be built, and from which archives. The note says which archives were not found.
func (a *archives) plan(ctx context.Context, specs []imageSpec) (plans map[string]imagePlan, note string, err error) {
	plans = map[string]imagePlan{}
	for _, spec := range specs {
		var plan imagePlan
		for _, parent := range spec.Parents {
			plan.missing = cmp.Or(plan.missing, plans[parent].missing)
		}
		if plan.missing == "" {
			if plan.archives, plan.missing, err = a.need(ctx, spec.Sources); err != nil {
				return nil, "", fmt.Errorf("image %s: %w", spec.Name, err)
			}
		}
		plans[spec.Name] = plan
	}
	parents := map[string]bool{}
	for _, spec := range slices.Backward(specs) {
		plan := plans[spec.Name]
		plan.wanted = plan.missing == "" && (!spec.Intermediate || parents[spec.Name])
		plans[spec.Name] = plan
		for _, parent := range spec.Parents {
			parents[parent] = parents[parent] || plan.wanted
		}
	}
	return plans, cmp.Or(strings.Join(a.notes, ", "), progress.Unchanged), nil
}

// need returns the archives with these names, or what is missing.
func (a *archives) need(ctx context.Context, names []string) (found []archive, missing string, err error) {
	var sources []source.Source
	for _, name := range names {
		i := slices.IndexFunc(a.pinned, func(s source.Source) bool { return s.Name == name })
		if i < 0 {
			return nil, "", fmt.Errorf("images/sources.yaml has no source %s", name)
		}
		sources = append(sources, a.pinned[i])
	}
	// Those without a fallback come first: if one is missing, nothing else is downloaded without use.
	slices.SortStableFunc(sources, func(x, y source.Source) int { return cmp.Compare(len(x.Fallback), len(y.Fallback)) })
	for _, one := range sources {
		if err := a.get(ctx, one); err != nil {
			return nil, "", err
		}
		if missing := a.missing[one.Name]; missing != "" {
			return nil, missing, nil
		}
		found = append(found, a.found[one.Name])
	}
	return found, "", nil
}

// get finds a source, unless that was done before, or notes what is missing and what to do about it.
func (a *archives) get(ctx context.Context, pinned source.Source) error {
	_, found := a.found[pinned.Name]
	if found || a.missing[pinned.Name] != "" {
		return nil
	}
	one, err := a.finder.Find(ctx, pinned)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
	case errors.Is(err, source.ErrMissing) && pinned.Fallback != "":
	default:
		a.missing[pinned.Name] = a.advice(pinned, err)
		a.notes = append(a.notes, fmt.Sprintf("%s %s not found", pinned.Title, pinned.Version))
		return nil
	}
	a.found[pinned.Name] = archive{source: pinned, found: one}
	return nil
}

// advice says in one line why an archive cannot be used and what to do about it.
func (a *archives) advice(pinned source.Source, why error) string {
	if !errors.Is(why, source.ErrMissing) {
		return fmt.Sprintf("%v. Then run make up again", why)
	}
	return fmt.Sprintf("%v. Put the archive into %s, or a folder that %s names, record its checksum there (sha256sum %s >> SHA256SUMS) and run make up again",
		why, a.folder, sourcesVariable, pinned.File)
}
