package gateway

import (
	"net/http"
	"strings"
	"testing"
)

func TestProxyCompressesText(t *testing.T) {
	g := startGateway(t, nil)
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.URL.Query().Get("type"))
		if encoding := r.URL.Query().Get("encoding"); encoding != "" {
			w.Header().Set("Content-Encoding", encoding)
		}
		_, _ = w.Write([]byte(strings.Repeat("text ", 1000)))
	}))
	cases := map[string]struct{ query, accept, want string }{
		"Zstd":              {"type=text/html", "gzip, br, zstd", "zstd"},
		"Gzip":              {"type=application/json", "gzip", "gzip"},
		"NotAccepted":       {"type=text/html", "br", ""},
		"Picture":           {"type=image/png", "gzip, zstd", ""},
		"AlreadyCompressed": {"type=text/html&encoding=br", "gzip, br, zstd", "br"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			response, _ := g.send(t, http.MethodGet, "http://demo.example.com/?"+c.query, "", "Accept-Encoding", c.accept)
			if got := response.Header.Get("Content-Encoding"); got != c.want {
				t.Errorf("encoding = %q, want %q", got, c.want)
			}
		})
	}
}
