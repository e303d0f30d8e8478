package build

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

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
	// noArchive and imageGone are an argument and an exit code of images/build.sh.
	noArchive = "-"
	imageGone = 3
)

// imageBuild is one run of images/build.sh.
type imageBuild struct {
	*Builder
	spec            imageSpec
	hash, reference string
	// parents are the arguments that name them; environment has the archives.
	parents, environment []string
}

// buildImage builds the image, or finds it in the cache, and says so in image. An image that only others are made from stays in
// Buildah's storage, and has an archive only if the options say so.
func (b *Builder) buildImage(ctx context.Context, spec imageSpec, archives []archive, image *Image) (note string, err error) {
	build := imageBuild{Builder: b, spec: spec, environment: []string{"SHOPFLOW_CACHE=" + b.cache.Dir}}
	var words []string
	for _, archive := range archives {
		note = cmp.Or(note, archive.fallbackNote())
		words = append(words, archive.word())
		build.environment = append(build.environment, archive.variable())
	}
	b.mu.Lock()
	for _, parent := range spec.Parents {
		words = append(words, b.images[parent].Reference)
		build.parents = append(build.parents, parent+"="+b.images[parent].Reference+"="+b.images[parent].Archive)
	}
	b.mu.Unlock()
	inputs := append([]string{filepath.Join("images", spec.Name), "images/build.sh"}, spec.Inputs...)
	if build.hash, err = artifact.Hash(b.opts.Root, inputs, words...); err != nil {
		return "", err
	}
	const digits = 12
	build.reference = "localhost/shopflow/" + spec.Name + ":" + build.hash[:digits]
	image.Reference = build.reference
	b.mu.Lock()
	b.rebuild[spec.Name] = func(ctx context.Context) error { return build.run(ctx, noArchive) }
	b.mu.Unlock()
	built, err := build.get(ctx, image)
	return cmp.Or(progress.NoteIf(!built), note), err
}

// get has the image in Buildah's storage, and its archive in the cache where one is wanted.
func (i imageBuild) get(ctx context.Context, image *Image) (built bool, err error) {
	needs, write := i.spec.Parents, i.run
	if i.spec.Intermediate {
		built, err = i.keep(ctx, "parent-"+i.spec.Name, needs, i.store)
		if err != nil || !i.opts.Archives {
			return built, err
		}
		needs, write = []string{i.spec.Name}, i.archive
	}
	name := "image-" + i.spec.Name
	image.Archive = filepath.Join(i.cache.Dir, name, i.hash, archiveFile)
	written, err := i.keep(ctx, name, needs, func(ctx context.Context, dir string) error {
		return write(ctx, filepath.Join(dir, archiveFile))
	})
	return built || written, err
}

// run builds the image and writes its archive.
func (i imageBuild) run(ctx context.Context, archive string) error {
	return i.script(ctx, append([]string{i.spec.Name, archive, i.reference}, i.parents...)...)
}

// store builds the image without an archive, and notes that in a folder of the cache.
func (i imageBuild) store(ctx context.Context, dir string) error {
	if err := i.run(ctx, noArchive); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, referenceFile), []byte(i.reference+"\n"), 0o600)
}

// archive writes the archive of an image that was built before.
func (i imageBuild) archive(ctx context.Context, archive string) error {
	return i.script(ctx, "--archive", archive, i.reference)
}

func (i imageBuild) script(ctx context.Context, args ...string) error {
	return command{
		dir: i.opts.Root, env: i.environment, log: i.log("image-" + i.spec.Name), name: i.path("images", "build.sh"), args: args,
	}.run(ctx)
}

// keep fills an entry of the cache unless it is there. What fill needs and does not find in Buildah's storage is built again.
func (i imageBuild) keep(ctx context.Context, name string, needs []string, fill func(ctx context.Context, dir string) error) (built bool, err error) {
	_, built, err = i.cache.Get(ctx, name, i.hash, func(ctx context.Context, dir string) error {
		err := fill(ctx, dir)
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == imageGone {
			if err = i.rebuildImages(ctx, needs); err == nil {
				err = fill(ctx, dir)
			}
		}
		return err
	})
	if err == nil && built {
		err = i.cache.Prune(name, keptImages)
	}
	return built, err
}

// rebuildImages builds images again that the cache knows and that a person removed from Buildah's storage, and what they are made
// from. What is still there costs little.
func (b *Builder) rebuildImages(ctx context.Context, names []string) error {
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
