// Package charts carries the charts of the engines inside the binary.
package charts

import (
	"embed"
	"io/fs"
)

//go:embed all:medusa
var content embed.FS

// Medusa returns the chart of a Medusa store.
func Medusa() (fs.FS, error) { return fs.Sub(content, "medusa") }
