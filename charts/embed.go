// Package charts carries the charts inside the binary.
package charts

import (
	"embed"
	"fmt"
	"io/fs"
)

// A new chart is embedded without a line here.
//
//go:embed */Chart.yaml */values.yaml */values-*.yaml */values.schema.json all:*/templates */files
var content embed.FS

// Store returns the chart of an engine's stores, which has the engine's name. If there is no such chart, loading it fails.
func Store(engine string) fs.FS {
	files, _ := fs.Sub(content, engine) // The name of an engine is a path.
	return files
}

// ShopFlow returns the chart of the platform.
func ShopFlow() (fs.FS, error) {
	files, err := fs.Sub(content, "shopflow")
	if err != nil {
		return nil, fmt.Errorf("open chart: %w", err)
	}
	return files, nil
}
