// Package catalog is the list of engines that a platform has: a file that the platform's chart writes. The server refuses by it
// what the controller could not run.
package catalog

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// Catalog says which software the engines run.
type Catalog struct {
	Engines map[v1alpha1.Engine]Software `json:"engines"`
}

// Software is one version of an engine and its images, full references by role.
type Software struct {
	Version string            `json:"version"`
	Images  map[string]string `json:"images"`
	// Unavailable says why this platform cannot run the engine, and what to do about it. It is empty if it can.
	Unavailable string `json:"unavailable,omitempty"`
}

// Parse reads a catalogue. Unknown fields and engines that have neither a version nor a reason are errors, so that a slip of the pen
// shows at start and not in the first store.
func Parse(data []byte) (Catalog, error) {
	var catalog Catalog
	if err := yaml.UnmarshalStrict(data, &catalog); err != nil {
		return Catalog{}, fmt.Errorf("read catalogue: %w", err)
	}
	for name, software := range catalog.Engines {
		if software.Version == "" && software.Unavailable == "" {
			return Catalog{}, fmt.Errorf("read catalogue: engine %s has no version", name)
		}
	}
	return catalog, nil
}

// Read reads the catalogue that the platform's chart has written to a file.
func Read(path string) (Catalog, error) {
	data, err := os.ReadFile(path) // #nosec G304 -- the operator's file
	if err != nil {
		return Catalog{}, fmt.Errorf("read catalogue: %w", err)
	}
	return Parse(data)
}

// ErrUnavailable means that the platform cannot run what a store asks for.
var ErrUnavailable = errors.New("not available")

// Available returns nil if the platform has an engine, and else ErrUnavailable with the reason and what to do about it.
func (c Catalog) Available(engine v1alpha1.Engine) error {
	software, ok := c.Engines[engine]
	switch {
	case !ok:
		return fmt.Errorf("engine %s is %w on this platform", engine, ErrUnavailable)
	case software.Unavailable != "":
		return fmt.Errorf("engine %s is %w on this platform: %s", engine, ErrUnavailable, software.Unavailable)
	}
	return nil
}

// Pick returns the software of an engine in a version, in the platform's own if version is empty. The error is ErrUnavailable
// if the platform does not have it, or if a role has no image.
func (c Catalog) Pick(engine v1alpha1.Engine, version string, roles ...string) (Software, error) {
	if err := c.Available(engine); err != nil {
		return Software{}, err
	}
	software := c.Engines[engine]
	if version != "" && version != software.Version {
		return Software{}, fmt.Errorf("version %s of engine %s is %w on this platform, %s is", version, engine, ErrUnavailable, software.Version)
	}
	var missing []string
	for _, role := range roles {
		if software.Images[role] == "" {
			missing = append(missing, role)
		}
	}
	if len(missing) > 0 {
		return Software{}, fmt.Errorf("engine %s is %w on this platform: the catalogue names no image for %s",
			engine, ErrUnavailable, strings.Join(missing, ", "))
	}
	return software, nil
}
