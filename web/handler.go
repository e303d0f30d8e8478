package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// policy lets a page run, style and call only what this server itself sends. Nothing in a page is inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const (
	// immutable is for files whose names change with their content.
	immutable = "public, max-age=31536000, immutable"
	// revalidated is for the page itself and the few files with fixed names.
	revalidated = "no-cache"
)

// missing is the page of a program that was built without the dashboard.
const missing = `<!doctype html><html lang="en"><meta charset="utf-8"><title>ShopFlow</title>
<h1>The dashboard is not in this build</h1>
<p>Build the program with <code>make build</code>, which builds the dashboard first. The API works without it.</p></html>`

// file is one file as it is served.
type file struct {
	plain, zipped []byte
	kind, tag     string
}

type handler struct {
	files map[string]file
}

// newHandler reads every file once, so that no request reads or compresses anything.
func newHandler(source fs.FS) http.Handler {
	h := handler{files: map[string]file{}}
	_ = fs.WalkDir(source, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		content, err := fs.ReadFile(source, name)
		if err != nil {
			return err
		}
		h.files[name] = newFile(name, content)
		return nil
	}) // Embedded files can always be read.
	return h
}

func newFile(name string, content []byte) file {
	sum := sha256.Sum256(content)
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) {
	case ".woff2":
		kind = "font/woff2" // Not in every system's table.
	case ".webmanifest":
		kind = "application/manifest+json"
	}
	made := file{plain: content, kind: kind, tag: hex.EncodeToString(sum[:8])}
	var zipped bytes.Buffer
	writer, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return made
	}
	_, _ = writer.Write(content) // A buffer takes everything.
	if writer.Close() == nil && zipped.Len() < len(content)*9/10 {
		made.zipped = zipped.Bytes()
	}
	return made
}

// ServeHTTP answers with the file at the path, or with the page for every path that is not one of a file: which page that is, the
// dashboard itself finds out. A missing asset is 404, so that an old tab can tell that it is old.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This path allows only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", revalidated)

	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	found, there := h.files[name]
	asset := strings.HasPrefix(name, "assets/")
	if !there && (asset || path.Ext(name) != "" && !strings.Contains(name, "/")) {
		header.Set("Cache-Control", "no-store")
		http.Error(w, "There is no such file; the dashboard has been updated since this page was loaded", http.StatusNotFound)
		return
	}
	if !there {
		found, there = h.files["index.html"]
	}
	if !there {
		header.Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(missing))
		return
	}
	if asset {
		header.Set("Cache-Control", immutable)
	}
	found.serve(w, r)
}

// serve answers with the file, compressed if the client takes that, or with 304 if it has the file already.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.kind)
	header.Set("Vary", "Accept-Encoding")
	content, tag := f.plain, `"`+f.tag+`"`
	if f.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		content, tag = f.zipped, `"`+f.tag+`-gzip"`
	}
	header.Set("ETag", tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
