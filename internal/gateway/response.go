package gateway

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
)

// responseWriter writes a response to the client and knows its status.
//
// It closes the connection after a response that came before the end of the request's body. What is left of the body would
// be taken for the next request.
type responseWriter struct {
	http.ResponseWriter
	body *requestBody
	// status is that of the final response, 0 until there is one.
	status int

	// mu serializes the request's goroutine with the timer of httputil.ReverseProxy that flushes.
	mu sync.Mutex
	// lazy tells that flushing waits until the pod has nothing more to read, so that what came together leaves together.
	lazy      bool
	unflushed bool
}

// responseKey is the key of a responseWriter in the context of its request.
type responseKey struct{}

// withResponse returns a copy of a request that knows its responseWriter.
func withResponse(r *http.Request, w *responseWriter) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), responseKey{}, w))
}

// responseOf returns the responseWriter of the request that a context belongs to.
func responseOf(ctx context.Context) (*responseWriter, bool) {
	w, ok := ctx.Value(responseKey{}).(*responseWriter)
	return w, ok
}

// WriteHeader implements http.ResponseWriter.
func (w *responseWriter) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeHeader(status)
}

func (w *responseWriter) writeHeader(status int) {
	if status >= http.StatusOK && w.status == 0 {
		w.status = status
		if !w.body.isComplete() {
			w.Header().Set("Connection", "close")
		}
		weakenETag(w.Header())
		w.unflushed = w.lazy
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *responseWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.status == 0 {
		w.writeHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// Flush implements http.Flusher, which gzhttp looks for.
func (w *responseWriter) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lazy {
		w.unflushed = true
		return
	}
	w.flush()
}

func (w *responseWriter) flush() {
	w.unflushed = false
	_ = http.NewResponseController(w.ResponseWriter).Flush() // A client that has gone needs nothing.
}

// flushBeforeWait makes flushing lazy and returns what does it then.
func (w *responseWriter) flushBeforeWait() func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lazy = true
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.unflushed {
			w.flush()
		}
	}
}

// Hijack implements http.Hijacker.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.status = http.StatusSwitchingProtocols
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap is for http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// weakenETag says that a compressed response is the same as the original in meaning only, so that no client puts parts of
// both together.
func weakenETag(header http.Header) {
	if header.Get("Content-Encoding") == "" {
		return
	}
	if tag := header.Get("Etag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		header.Set("Etag", "W/"+tag)
	}
}
