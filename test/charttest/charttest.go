// Package charttest changes the charts of engines for tests, as a later version of the platform does.
package charttest

import (
	"fmt"
	"io/fs"
	"testing/fstest"
)

// With returns a chart with one more template.
func With(chart fs.FS, template string) (fs.FS, error) {
	files := fstest.MapFS{"templates/new.yaml": {Data: []byte(template)}}
	err := fs.WalkDir(chart, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(chart, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("copy chart: %w", err)
	}
	return files, nil
}
