package server_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/internal/server"
)

// TestDashboard checks which paths are pages of the dashboard and which are the API's alone.
func TestDashboard(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "of the page")
		_, _ = io.WriteString(w, "the page")
	})
	handler, err := server.New(server.Deps{
		Dashboard: page,
		Clock:     clock.RealClock{},
		Log:       slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		reason, method, path string
		status               int
		page                 bool
	}{
		"FirstPage":     {reason: "Everybody gets the page", path: "/", status: http.StatusOK, page: true},
		"StorePage":     {reason: "The dashboard's router knows the page", path: "/stores/my-shop", status: http.StatusOK, page: true},
		"Head":          {reason: "HEAD is GET without a body", method: http.MethodHead, path: "/", status: http.StatusOK, page: true},
		"NoSuchAPI":     {reason: "Below /api/ is no page", path: "/api/v1/nothing", status: http.StatusUnauthorized},
		"Post":          {reason: "A page is not written to", method: http.MethodPost, path: "/", status: http.StatusUnauthorized},
		"ContractFirst": {reason: "What the contract has stays the API's", path: "/openapi.yaml", status: http.StatusOK},
		"StoresNeedAName": {
			reason: "The API's own paths are not open because pages are", path: "/api/v1/stores", status: http.StatusUnauthorized,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			method := test.method
			if method == "" {
				method = http.MethodGet
			}
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest(method, test.path, nil))
			if answer.Code != test.status {
				t.Fatalf("%s: answered %d, want %d: %s", test.reason, answer.Code, test.status, answer.Body)
			}
			if got := answer.Header().Get("Content-Security-Policy") == "of the page"; got != test.page {
				t.Errorf("%s: answered by the dashboard: %t, want %t", test.reason, got, test.page)
			}
			if test.page && method == http.MethodGet && !strings.Contains(answer.Body.String(), "the page") {
				t.Errorf("%s: answered %q", test.reason, answer.Body)
			}
		})
	}
}
