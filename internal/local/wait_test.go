package local

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"
)

// TestWaitAPIReconnects has something else answer the first connection for as long as that is used, as happens while the
// addresses of pods change in a restart. The platform is found all the same.
func TestWaitAPIReconnects(t *testing.T) {
	type strange struct{}
	first := true
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(strange{}) != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"items": []}`))
	}))
	server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		if first {
			first = false
			return context.WithValue(ctx, strange{}, true)
		}
		return ctx
	}
	server.Start()
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(address.Port())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if waited, err := (&Local{opts: Options{Port: port}}).waitAPI(ctx, "token"); err != nil || !waited {
		t.Fatalf("waited: %t, %v", waited, err)
	}
}
