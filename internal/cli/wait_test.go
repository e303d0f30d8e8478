package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"shopflow.dev/shopflow/internal/cli"
)

// sayNothing is a stream that has no event after its beginning.
func sayNothing(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "id: 1\nevent: synced\ndata: {}\n\n")
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// TestWaitForWhatIsReadyAlready has a store get Ready before the stream is open, and the stream say nothing about it.
func TestWaitForWhatIsReadyAlready(t *testing.T) {
	const store = `{"name":"demo","uid":"1","state":"%s","url":"http://demo.example"}`
	routes := http.NewServeMux()
	routes.HandleFunc("POST /api/v1/stores", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, store, "Provisioning")
	})
	routes.HandleFunc("GET /api/v1/stores/demo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, store, "Ready")
	})
	routes.HandleFunc("GET /api/v1/events", sayNothing)
	served := httptest.NewServer(routes)
	defer served.Close()
	var out, errs bytes.Buffer
	args := []string{"store", "create", "demo", "--engine", "medusa", "--wait", "--timeout", "3s", "--server", served.URL, "--token", "x"}
	if code := cli.Main(t.Context(), args, nil, &out, &errs); code != 0 || !strings.Contains(out.String(), "http://demo.example") {
		t.Errorf("ended with %d\n%s%s", code, out.String(), errs.String())
	}
}

// TestWaitForAChange has a store that sells be checked for longer than a person waits.
func TestWaitForAChange(t *testing.T) {
	const store = `{"name":"demo","uid":"1","state":"Ready","conditions":[{"type":"Checked","status":"Unknown","reason":"Checking",` +
		`"message":"The shop is checked after its change","lastTransitionTime":"2026-01-01T00:00:00Z"}]}`
	routes := http.NewServeMux()
	routes.HandleFunc("/api/v1/stores/demo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPatch {
			w.WriteHeader(http.StatusAccepted)
		}
		fmt.Fprint(w, store)
	})
	routes.HandleFunc("GET /api/v1/events", sayNothing)
	served := httptest.NewServer(routes)
	defer served.Close()
	var out, errs bytes.Buffer
	args := []string{"store", "update", "demo", "--plan", "large", "--wait", "--timeout", "1s", "--server", served.URL, "--token", "x"}
	if code := cli.Main(t.Context(), args, nil, &out, &errs); code != 1 || !strings.Contains(errs.String(), "store demo is not changed after 1s: The shop is checked after its change") {
		t.Errorf("ended with %d\n%s%s", code, out.String(), errs.String())
	}
}
