package server_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"shopflow.dev/shopflow/internal/server"
)

// TestServeLetsRequestsEnd stops the server in the middle of a request.
func TestServeLetsRequestsEnd(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	drained := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stop()
		select {
		case <-drained:
			_, _ = io.WriteString(w, "whole")
		case <-r.Context().Done():
		}
	})
	ended := make(chan error, 1)
	go func() {
		ended <- server.Serve(ctx, listener, handler, func() { close(drained) }, slog.New(slog.DiscardHandler))
	}()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "whole" {
		t.Errorf("got %q, %v", body, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeSaysWhyItCannot(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	if err := server.Serve(t.Context(), listener, http.NotFoundHandler(), func() {}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a closed listener is no error")
	}
}

func TestTokens(t *testing.T) {
	for name, test := range map[string]struct {
		token string
		good  bool
	}{"Empty": {"", false}, "Short": {"123456789012345", false}, "Enough": {"1234567890123456", true}} {
		if _, err := server.NewAuthenticator(test.token); (err == nil) != test.good {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := server.ReadAuthenticator(t.TempDir() + "/none"); err == nil {
		t.Error("a missing file is no error")
	}
}
