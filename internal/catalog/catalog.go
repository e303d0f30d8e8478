// Package catalog is the list of engines that a platform can run: a file that the platform's chart writes. The server refuses by
// it what the controller could not run.
package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// Catalog says which software the engines run.
type Catalog struct {
	Engines map[v1alpha1.Engine]Offer `json:"engines"`
}

// Offer is the versions of an engine that new stores can have.
type Offer struct {
	// Default is the version of a store that names none.
	Default  string              `json:"default,omitempty"`
	Versions map[string]Software `json:"versions,omitempty"`
	// Unavailable says why this platform cannot run the engine, and what to do about it. It is empty if it can.
	Unavailable string `json:"unavailable,omitempty"`
}

// Software is one version of an engine and its images, full references by role.
type Software struct {
	// Version is the key among the versions of an offer.
	Version string            `json:"-"`
	Images  map[string]string `json:"images"`
}

// Single returns the offer of one version.
func Single(version string, images map[string]string) Offer {
	return Offer{Default: version, Versions: map[string]Software{version: {Version: version, Images: images}}}
}

// Parse reads a catalog. Unknown fields and engines that have neither a default version nor a reason are errors, so that a typo
// shows at start and not in the first store.
func Parse(data []byte) (Catalog, error) {
	var catalog Catalog
	if err := yaml.UnmarshalStrict(data, &catalog); err != nil {
		return Catalog{}, fmt.Errorf("read catalog: %w", err)
	}
	for name, offer := range catalog.Engines {
		if _, ok := offer.Versions[offer.Default]; !ok && offer.Unavailable == "" {
			return Catalog{}, fmt.Errorf("read catalog: the default version %q of engine %s is not among its versions (%s)",
				offer.Default, name, cmp.Or(list(offer.Versions), "none"))
		}
		for version, software := range offer.Versions {
			software.Version = version
			offer.Versions[version] = software
		}
	}
	return catalog, nil
}

// Read reads the catalog that the platform's chart has written to a file.
func Read(path string) (Catalog, error) {
	data, err := os.ReadFile(path) // #nosec G304 -- the operator's file
	if err != nil {
		return Catalog{}, fmt.Errorf("read catalog: %w", err)
	}
	return Parse(data)
}

// ErrUnavailable means that the platform cannot run what a store asks for.
var ErrUnavailable = errors.New("not available")

// Available returns the names of the engines that the platform can run, sorted.
func (c Catalog) Available() []v1alpha1.Engine {
	var names []v1alpha1.Engine
	for _, name := range slices.Sorted(maps.Keys(c.Engines)) {
		if c.Engines[name].Unavailable == "" {
			names = append(names, name)
		}
	}
	return names
}

// Check returns nil if the platform can run an engine, and else ErrUnavailable with the reason and what to do about it.
func (c Catalog) Check(engine v1alpha1.Engine) error {
	offer, ok := c.Engines[engine]
	switch {
	case !ok:
		var names []string
		for _, name := range c.Available() {
			names = append(names, string(name))
		}
		return fmt.Errorf("engine %s is %w on this platform; available engines: %s",
			engine, ErrUnavailable, cmp.Or(strings.Join(names, ", "), "none"))
	case offer.Unavailable != "":
		return fmt.Errorf("engine %s is %w on this platform: %s", engine, ErrUnavailable, offer.Unavailable)
	}
	return nil
}

// Has reports whether new stores can have a version of an engine.
func (c Catalog) Has(engine v1alpha1.Engine, version string) bool {
	_, err := c.Pick(engine, version)
	return err == nil && version != ""
}

// Pick returns the software of an engine in a version, in the default version if version is empty. The error is ErrUnavailable if
// the platform does not have it, or if a role has no image.
func (c Catalog) Pick(engine v1alpha1.Engine, version string, roles ...string) (Software, error) {
	if err := c.Check(engine); err != nil {
		return Software{}, err
	}
	offer := c.Engines[engine]
	software, ok := offer.Versions[cmp.Or(version, offer.Default)]
	if !ok {
		verb := "is"
		if len(offer.Versions) > 1 {
			verb = "are"
		}
		return Software{}, fmt.Errorf("version %s of engine %s is %w on this platform, %s %s", version, engine, ErrUnavailable, list(offer.Versions), verb)
	}
	var missing []string
	for _, role := range roles {
		if software.Images[role] == "" {
			missing = append(missing, role)
		}
	}
	if len(missing) > 0 {
		return Software{}, fmt.Errorf("engine %s is %w on this platform: the catalog names no image for %s",
			engine, ErrUnavailable, strings.Join(missing, ", "))
	}
	return software, nil
}

// list names versions, the oldest first.
func list(versions map[string]Software) string {
	return strings.Join(slices.SortedFunc(maps.Keys(versions), compareVersions), ", ")
}

// compareVersions orders versions, which are numbers with dots between them.
func compareVersions(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}
