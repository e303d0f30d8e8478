package local

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/internal/artifact"
)

// keptImages is how many builds of an image the cache keeps: archives are large, and a node that has loaded one does not
// need it any more.
const keptImages = 3

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
}

// image is an image that was built, or why it could not be.
type image struct {
	name, ref, archive string
	intermediate       bool
	// missing says what is missing and what to do about it. The image does not exist then.
	missing string
}

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
		known[spec.Name] = true
	}
	return file.Images, nil
}

// buildImages builds what is missing and returns the images by their names. Those that need an archive that is not to be had
// are left out, and what only they are made from, with a line for each engine that says so.
func (l *Local) buildImages(ctx context.Context) (map[string]image, error) {
	specs, err := readImages(l.path("images", "images.yaml"))
	if err != nil {
		return nil, err
	}
	archives, err := l.newArchives()
	if err != nil {
		return nil, err
	}
	plans, err := archives.plan(ctx, specs)
	if err != nil {
		return nil, err
	}
	built := map[string]image{}
	for _, plan := range plans {
		switch {
		case plan.missing != "":
			built[plan.spec.Name] = image{name: plan.spec.Name, missing: plan.missing}
		case plan.wanted:
			made, err := l.buildImage(ctx, plan.spec, plan.archives, built)
			if err != nil {
				return nil, err
			}
			built[plan.spec.Name] = made
		}
	}
	unavailable := unavailableEngines(built)
	for _, name := range slices.Sorted(maps.Keys(unavailable)) {
		l.steps.Say("! Engine %s is not available: %s", name, unavailable[name])
	}
	return built, l.showImages(built)
}

// showImages makes a link to each archive in the instance's folder, where people and tests find them by their names.
func (l *Local) showImages(images map[string]image) error {
	dir := filepath.Join(l.opts.Dir, imagesDir)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for name, image := range images {
		if image.missing != "" {
			continue
		}
		if err := os.Symlink(image.archive, filepath.Join(dir, name+".tar")); err != nil {
			return err
		}
	}
	return nil
}

func (l *Local) buildImage(ctx context.Context, spec imageSpec, needs []archive, built map[string]image) (image, error) {
	var words, parents, environment []string
	for _, need := range needs {
		words = append(words, need.word())
		environment = append(environment, need.variable())
	}
	for _, parent := range spec.Parents {
		words = append(words, built[parent].ref)
		parents = append(parents, parent+"="+built[parent].ref+"="+built[parent].archive)
	}
	inputs := append([]string{filepath.Join("images", spec.Name), "images/build.sh"}, spec.Inputs...)
	hash, err := artifact.Hash(l.opts.Root, inputs, words...)
	if err != nil {
		return image{}, err
	}
	made := image{name: spec.Name, ref: "localhost/shopflow/" + spec.Name + ":" + hash[:12], intermediate: spec.Intermediate}
	err = l.steps.Do(ctx, "Build image "+spec.Name, func(ctx context.Context) (string, error) {
		dir, fresh, err := l.cache.Get(ctx, "image-"+spec.Name, hash, func(ctx context.Context, dir string) error {
			args := append([]string{spec.Name, filepath.Join(dir, "image.tar"), made.ref}, parents...)
			return command{dir: l.opts.Root, env: environment, log: l.log("image-" + spec.Name), name: l.path("images", "build.sh"), args: args}.run(ctx)
		})
		made.archive = filepath.Join(dir, "image.tar")
		if err == nil && fresh {
			err = l.cache.Prune("image-"+spec.Name, keptImages)
		}
		return cachedNote(fresh), err
	})
	return made, err
}

func cachedNote(fresh bool) string {
	if fresh {
		return ""
	}
	return "cached"
}

func artifactHash(root string, part program) (string, error) {
	return artifact.Hash(root, part.inputs, append([]string{goVersion()}, part.words...)...)
}

func (l *Local) log(name string) string {
	return filepath.Join(l.opts.Dir, "logs", strings.ReplaceAll(name, "/", "-")+".log")
}
