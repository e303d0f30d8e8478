// Package charts carries the charts inside the binary.
package charts

import (
	"embed"
	"io/fs"
)

//go:embed all:medusa all:shopflow
var content embed.FS

// Medusa returns the chart of a Medusa store.
func Medusa() (fs.FS, error) { return fs.Sub(content, "medusa") }

// ShopFlow returns the chart of the platform.
func ShopFlow() (fs.FS, error) { return fs.Sub(content, "shopflow") }
