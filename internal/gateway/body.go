package gateway

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

const (
	// maxBody bounds what a client may send with one request. Shops take pictures and imports.
	maxBody = 64 << 20
	// maxReplay bounds what is kept of a request, so that it can be sent again on another connection.
	maxReplay = 64 << 10
)

// prepareBody bounds the request's body and reads a small one whole. Orders are such: with the body in memory, net/http
// sends the request once more by itself if the connection it had kept turns out to be closed before anything arrived,
// which happens whenever a pod ends or drops idle connections. A body that streams cannot be sent again.
func prepareBody(w http.ResponseWriter, r *http.Request) error {
	if r.Body == nil || r.ContentLength == 0 {
		return nil
	}
	if r.ContentLength > maxBody {
		return fmt.Errorf("body of %d bytes: %w", r.ContentLength, &http.MaxBytesError{Limit: maxBody})
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if r.ContentLength < 0 || r.ContentLength > maxReplay {
		return nil
	}
	body := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, body); err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}
