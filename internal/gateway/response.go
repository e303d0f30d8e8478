package gateway

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strings"
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
	// conn is what the response can be held back on, nil if on nothing.
	conn *clientConn
	// front is what the proxy writes to: the responseWriter itself or a compression in front of it.
	front http.ResponseWriter
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
	if status >= http.StatusOK && w.status == 0 {
		w.status = status
		if !w.body.isComplete() {
			w.Header().Set("Connection", "close")
		}
		weakenETag(w.Header())
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *responseWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// Flush implements http.Flusher, which gzhttp looks for.
func (w *responseWriter) Flush() {
	_ = http.NewResponseController(w.ResponseWriter).Flush() // A client that has gone needs nothing.
}

// hold holds the response back, so that what came from the pod together leaves together. It returns what to call before
// waiting for the pod.
func (w *responseWriter) hold() (beforeWait func()) {
	w.conn.hold()
	return func() {
		_ = http.NewResponseController(w.front).Flush()
		w.conn.flush()
	}
}

// end tells that the handler is done with the response.
func (w *responseWriter) end() {
	if w.conn != nil {
		w.conn.ended.Store(true)
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
