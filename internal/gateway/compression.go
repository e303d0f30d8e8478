package gateway

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// minCompressed is the size from which a response is compressed, in bytes.
const minCompressed = 1 << 10

// gzipLevel is where more time brings little more.
const gzipLevel = 4

// newCompression returns a middleware that compresses the responses which a pod has not compressed, with zstd or gzip, as
// the client prefers.
func newCompression() (func(http.Handler) http.HandlerFunc, error) {
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(minCompressed), gzhttp.CompressionLevel(gzipLevel),
		gzhttp.SetContentType(false), gzhttp.ContentTypeFilter(isCompressible))
	if err != nil {
		return nil, fmt.Errorf("set up compression: %w", err)
	}
	return compress, nil
}

// isCompressible reports whether content of a type gets smaller. Event streams stay as they are, so that each event
// arrives at once.
func isCompressible(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	switch mediaType {
	case "text/event-stream":
		return false
	case "application/json", "application/javascript", "application/x-javascript", "application/manifest+json", "application/xml",
		"application/wasm", "application/vnd.ms-fontobject", "font/ttf", "font/otf", "image/svg+xml", "image/x-icon", "image/vnd.microsoft.icon":
		return true
	}
	return strings.HasPrefix(mediaType, "text/") || strings.HasSuffix(mediaType, "+json") || strings.HasSuffix(mediaType, "+xml")
}
