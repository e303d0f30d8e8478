package build

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/internal/progress"
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
