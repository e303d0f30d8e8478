// Package charts carries the charts inside the binary.
package charts

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed all:medusa all:woocommerce all:shopflow
var content embed.FS

// Store returns the chart of an engine's stores. It has the engine's name.
func Store(engine string) (fs.FS, error) { return open(engine) }

// ShopFlow returns the chart of the platform.
func ShopFlow() (fs.FS, error) { return open("shopflow") }

func open(name string) (fs.FS, error) {
	if _, err := fs.Stat(content, name+"/Chart.yaml"); err != nil {
		return nil, fmt.Errorf("open chart: %w", err)
	}
	return fs.Sub(content, name)
}
