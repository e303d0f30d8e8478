package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func built() fstest.MapFS {
	return fstest.MapFS{
		".keep":                  {},
		"index.html":             {Data: []byte("<!doctype html><title>ShopFlow</title>" + strings.Repeat(" ", 500))},
		"theme.js":               {Data: []byte("document.documentElement.dataset.theme = 'dark'")},
		"assets/index-4f2a.js":   {Data: []byte(strings.Repeat("export const a = 1;", 50))},
		"assets/sans-9c1d.woff2": {Data: []byte("wOF2\x00\x01")},
	}
}

func TestHandler(t *testing.T) {
	tests := map[string]struct {
		reason, method, path, accept string
		status                       int
		headers                      map[string]string
		body                         string
	}{
		"Page": {
			reason: "The page is asked for again each time, so that a new version shows at once",
			path:   "/", status: http.StatusOK,
			headers: map[string]string{"Cache-Control": "no-cache", "Content-Type": "text/html; charset=utf-8"},
			body:    "<title>ShopFlow</title>",
		},
		"PageOfTheDashboard": {
			reason: "The dashboard's own router knows the page",
			path:   "/stores/my-shop", status: http.StatusOK, headers: map[string]string{"Cache-Control": "no-cache"},
			body: "<title>ShopFlow</title>",
		},
		"NameWithADotIsAPage": {
			reason: "A name in a path may look like a file",
			path:   "/stores/my.shop", status: http.StatusOK, body: "<title>ShopFlow</title>",
		},
		"Asset": {
			reason: "An asset's name changes with its content",
			path:   "/assets/index-4f2a.js", status: http.StatusOK,
			headers: map[string]string{"Cache-Control": immutable, "Content-Type": "text/javascript; charset=utf-8", "Vary": "Accept-Encoding"},
			body:    "export const a",
		},
		"Font": {
			reason: "Not every system knows the type",
			path:   "/assets/sans-9c1d.woff2", status: http.StatusOK, headers: map[string]string{"Content-Type": "font/woff2"},
		},
		"FixedName": {
			reason: "A file with a fixed name may change",
			path:   "/theme.js", status: http.StatusOK, headers: map[string]string{"Cache-Control": "no-cache"},
		},
		"GoneAsset": {
			reason: "An old tab must see that it is old, not get a page as a script",
			path:   "/assets/index-0000.js", status: http.StatusNotFound, headers: map[string]string{"Cache-Control": "no-store"},
		},
		"GoneFile": {
			reason: "Browsers request /favicon.ico without being told to",
			path:   "/favicon.ico", status: http.StatusNotFound,
		},
		"HiddenFile": {
			reason: "The marker of the empty folder is not served",
			path:   "/.keep", status: http.StatusNotFound,
		},
		"UpAndAway": {
			reason: "There is nothing outside",
			path:   "/assets/../../etc/passwd", status: http.StatusOK, body: "<title>ShopFlow</title>",
		},
		"Post": {
			reason: "Files are read",
			method: http.MethodPost, path: "/", status: http.StatusMethodNotAllowed, headers: map[string]string{"Allow": "GET, HEAD"},
		},
	}
	served := newHandler(built())
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			method := test.method
			if method == "" {
				method = http.MethodGet
			}
			answer := httptest.NewRecorder()
			served.ServeHTTP(answer, httptest.NewRequest(method, test.path, nil))
			if answer.Code != test.status {
				t.Fatalf("status %d, want %d: %s", answer.Code, test.status, test.reason)
			}
			for key, want := range test.headers {
				if diff := cmp.Diff(want, answer.Header().Get(key)); diff != "" {
					t.Errorf("%s: %s\n%s", key, test.reason, diff)
				}
			}
			if !strings.Contains(answer.Body.String(), test.body) {
				t.Errorf("body %q does not contain %q: %s", answer.Body, test.body, test.reason)
			}
		})
	}
}

func TestPolicyForbidsWhatIsInline(t *testing.T) {
	answer := httptest.NewRecorder()
	newHandler(built()).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	got := answer.Header().Get("Content-Security-Policy")
	if strings.Contains(got, "unsafe") || !strings.Contains(got, "default-src 'none'") {
		t.Errorf("policy %q is not strict", got)
	}
}

func TestCompressedAndKnown(t *testing.T) {
	served := newHandler(built())
	request := httptest.NewRequest(http.MethodGet, "/assets/index-4f2a.js", nil)
	request.Header.Set("Accept-Encoding", "br, gzip")
	answer := httptest.NewRecorder()
	served.ServeHTTP(answer, request)
	reader, err := gzip.NewReader(answer.Body)
	if err != nil {
		t.Fatalf("the answer is not compressed: %v", err)
	}
	content, err := io.ReadAll(reader)
	if err != nil || !strings.HasPrefix(string(content), "export const a") {
		t.Errorf("read %q, %v", content, err)
	}

	request.Header.Set("If-None-Match", answer.Header().Get("ETag"))
	again := httptest.NewRecorder()
	served.ServeHTTP(again, request)
	if again.Code != http.StatusNotModified {
		t.Errorf("a file that the browser has was answered with %d", again.Code)
	}
}

func TestBuildWithoutTheDashboardSaysSo(t *testing.T) {
	answer := httptest.NewRecorder()
	newHandler(fstest.MapFS{".keep": {}}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	if answer.Code != http.StatusServiceUnavailable || !strings.Contains(answer.Body.String(), "make build") {
		t.Errorf("answered %d %q", answer.Code, answer.Body)
	}
}
