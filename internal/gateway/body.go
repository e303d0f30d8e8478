package gateway

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// body knows how much of a request's body was read.
type body struct {
	io.ReadCloser
	left  atomic.Int64
	ended atomic.Bool
}

// newBody returns the body of a request of that length, in bytes, -1 if it is not known.
func newBody(content io.ReadCloser, length int64) *body {
	b := &body{ReadCloser: content}
	b.left.Store(length)
	b.ended.Store(length == 0)
	return b
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if left := b.left.Add(-int64(n)); left == 0 || errors.Is(err, io.EOF) {
		b.ended.Store(true)
	}
	return n, err
}

// answerWriter closes the connection after an answer that came before the end of the request's body. net/http does so only
// if the body is still its own; Caddy has put another in its place, and what is left would be taken for the next request.
type answerWriter struct {
	*caddyhttp.ResponseWriterWrapper
	body *body
}

// WriteHeader implements http.ResponseWriter.
func (w *answerWriter) WriteHeader(status int) {
	if status >= http.StatusOK && !w.body.ended.Load() {
		w.Header().Set("Connection", "close")
	}
	w.ResponseWriterWrapper.WriteHeader(status)
}
