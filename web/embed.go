// Package web is the dashboard: the files that Vite built, inside of the program, and the handler that serves them.
package web

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:generate sh -c "cd generate && npm ci --no-audit --no-fund --loglevel=error && npm run --silent generate"

// A build of the program without the dashboard has nothing but dist/.keep in here; the handler then says so.
//
//go:embed all:dist
var dist embed.FS

// Handler returns the handler of the dashboard's files and of every page in it.
func Handler() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil { // Only for a malformed name, and the name is the constant above.
		return http.NotFoundHandler()
	}
	return newHandler(files)
}
