package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/internal/artifact"
	"shopflow.dev/shopflow/internal/progress"
)

// keptImages is how many builds of an image the cache keeps: archives are large, and a node that has loaded one does not
// need it any more.
const keptImages = 3

const (
	archiveFile = "image.tar"
	// referenceFile stands for an image that only Buildah's storage has.
	referenceFile = "reference"
	// noArchive and parentGone are an argument and an exit code of images/build.sh.
	noArchive  = "-"
	parentGone = 3
)

// imageSpec is one entry of images/images.yaml.
type imageSpec struct {
	Name string `json:"name"`
	// Parents are the images that this one is made from.
	Parents []string `json:"parents,omitempty"`
	// Inputs are paths below the clone, beside images/<name>, that this image is made from.
	Inputs []string `json:"inputs,omitempty"`
	// Sources are archives that it needs, by their names in images/sources.yaml.
	Sources []string `json:"sources,omitempty"`
	// Intermediate images are parents only: no pod runs them.
	Intermediate bool `json:"intermediate,omitempty"`
	// Cost is the processor time of a build with empty caches, in seconds.
	Cost int `json:"cost"`
}

func (s imageSpec) title() string { return "Build image " + s.Name }

// readImages returns the images to build, parents first.
func readImages(path string) ([]imageSpec, error) {
	content, err := os.ReadFile(path) // #nosec G304 -- a file of the clone
	if err != nil {
		return nil, err
	}
	var file struct {
		Images []imageSpec `json:"images"`
	}
	if err := yaml.UnmarshalStrict(content, &file); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	known := map[string]bool{}
	for _, spec := range file.Images {
		for _, parent := range spec.Parents {
			if !known[parent] {
				return nil, fmt.Errorf("read %s: image %s comes before its parent %s", path, spec.Name, parent)
			}
		}
		if spec.Cost <= 0 {
			return nil, fmt.Errorf("read %s: image %s has no cost", path, spec.Name)
		}
		known[spec.Name] = true
	}
	return file.Images, nil
}

// awaitArchives returns the images that cannot be built, or need not be, before it is known which archives there are: those made
// from an archive, and those that only such images are made from.
func awaitArchives(specs []imageSpec) map[string]bool {
	await, free := map[string]bool{}, map[string]bool{}
	for _, spec := range specs {
		await[spec.Name] = len(spec.Sources) > 0 || slices.ContainsFunc(spec.Parents, func(parent string) bool { return await[parent] })
	}
	for _, spec := range slices.Backward(specs) {
		await[spec.Name] = await[spec.Name] || spec.Intermediate && !free[spec.Name]
		for _, parent := range spec.Parents {
			free[parent] = free[parent] || !await[spec.Name]
		}
	}
	return await
}

// imageTasks find the archives that images need and build the images. Those whose archive is missing are left out, and what only
// they are made from.
func (b *Builder) imageTasks() ([]task, error) {
	specs, err := readImages(b.path("images", "images.yaml"))
	if err != nil {
		return nil, err
	}
	b.specs = specs
	archives, err := b.newArchives()
	if err != nil {
		return nil, err
	}
	var plans map[string]imagePlan
	tasks := []task{{title: archives.title(), kind: light, cost: time.Second, run: func(ctx context.Context) (note string, err error) {
		plans, note, err = archives.plan(ctx, specs)
		return note, err
	}}}
	await := awaitArchives(specs)
	for _, spec := range specs {
		needs := []string{packagesTitle}
		if await[spec.Name] {
			needs = append(needs, archives.title())
		}
		for _, parent := range spec.Parents {
			needs = append(needs, imageSpec{Name: parent}.title())
		}
		if slices.Contains(spec.Inputs, programPath) {
			needs = append(needs, programTitle)
		}
		tasks = append(tasks, task{
			title: spec.title(), kind: assemble, cost: time.Duration(spec.Cost) * time.Second, needs: needs,
			run: func(ctx context.Context) (string, error) {
				plan := imagePlan{wanted: true}
				if await[spec.Name] {
					plan = plans[spec.Name]
				}
				return b.runImage(ctx, spec, plan)
			},
		})
	}
	return tasks, nil
}

// runImage builds an image as its plan says, and keeps what became of it.
func (b *Builder) runImage(ctx context.Context, spec imageSpec, plan imagePlan) (note string, err error) {
	image := Image{Intermediate: spec.Intermediate, Missing: plan.missing}
	switch {
	case image.Missing != "":
		note = progress.Unchanged
	case !plan.wanted:
		return progress.Unchanged, nil
	default:
		if note, err = b.buildImage(ctx, spec, plan.archives, &image); err != nil {
			return "", err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.images[spec.Name] = image
	return note, nil
}

// buildImage builds the image, or finds it in the cache, and says so in image. An image that only others are made from stays in
// Buildah's storage, and has no archive.
func (b *Builder) buildImage(ctx context.Context, spec imageSpec, archives []archive, image *Image) (note string, err error) {
	environment := []string{"SHOPFLOW_CACHE=" + b.cache.Dir}
	var words, parents []string
	for _, archive := range archives {
		note = cmp.Or(note, archive.fallbackNote())
		words = append(words, archive.word())
		environment = append(environment, archive.variable())
	}
	b.mu.Lock()
	for _, parent := range spec.Parents {
		words = append(words, b.images[parent].Reference)
		parents = append(parents, parent+"="+b.images[parent].Reference+"="+b.images[parent].Archive)
	}
	b.mu.Unlock()
	inputs := append([]string{filepath.Join("images", spec.Name), "images/build.sh"}, spec.Inputs...)
	hash, err := artifact.Hash(b.opts.Root, inputs, words...)
	if err != nil {
		return "", err
	}
	const digits = 12
	image.Reference = "localhost/shopflow/" + spec.Name + ":" + hash[:digits]
	build := func(ctx context.Context, archive string) error {
		args := append([]string{spec.Name, archive, image.Reference}, parents...)
		return command{dir: b.opts.Root, env: environment, log: b.log("image-" + spec.Name), name: b.path("images", "build.sh"), args: args}.run(ctx)
	}
	b.mu.Lock()
	b.rebuild[spec.Name] = func(ctx context.Context) error { return build(ctx, noArchive) }
	b.mu.Unlock()
	kept, archived := "image-"+spec.Name, !spec.Intermediate || b.opts.Archives
	if !archived {
		kept = "parent-" + spec.Name
	}
	dir, built, err := b.cache.Get(ctx, kept, hash, func(ctx context.Context, dir string) error {
		archive := noArchive
		if archived {
			archive = filepath.Join(dir, archiveFile)
		}
		err := build(ctx, archive)
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == parentGone {
			if err = b.rebuildParents(ctx, spec.Parents); err == nil {
				err = build(ctx, archive)
			}
		}
		if err == nil && !archived {
			err = os.WriteFile(filepath.Join(dir, referenceFile), []byte(image.Reference+"\n"), 0o600)
		}
		return err
	})
	if archived {
		image.Archive = filepath.Join(dir, archiveFile)
	}
	if err == nil && built {
		err = b.cache.Prune(kept, keptImages)
	}
	return cmp.Or(progress.NoteIf(!built), note), err
}

// rebuildParents builds images again that the cache knows and that a person removed from Buildah's storage, and what they are made
// from. What is still there costs little.
func (b *Builder) rebuildParents(ctx context.Context, names []string) error {
	b.rebuilding.Lock()
	defer b.rebuilding.Unlock()
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	for _, spec := range slices.Backward(b.specs) {
		for _, parent := range spec.Parents {
			wanted[parent] = wanted[parent] || wanted[spec.Name]
		}
	}
	for _, spec := range b.specs {
		b.mu.Lock()
		build := b.rebuild[spec.Name]
		b.mu.Unlock()
		if !wanted[spec.Name] || build == nil {
			continue
		}
		if err := build(ctx); err != nil {
			return err
		}
	}
	return nil
}
