package server_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/server/servertest"
)

// stream is an open stream of events.
type stream struct {
	lines  *bufio.Scanner
	lastID string
}

// open opens the stream; it ends with the test or after a bound.
func open(t *testing.T, platform *servertest.Platform, query, lastID string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, platform.URL+"/api/v1/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+servertest.Token)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	if got := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("answered %s, %s", answer.Status, got)
	}
	return &stream{lines: bufio.NewScanner(answer.Body)}
}

// next returns the next message of the stream: of its id only what tells events apart, of its data the name and state of its store.
func (s *stream) next(t *testing.T) []string {
	t.Helper()
	var message []string
	for s.lines.Scan() {
		line := s.lines.Text()
		if line == "" {
			return message
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			line = "data:" + part(data, `"name":"`) + part(data, `"state":"`)
			if strings.Contains(data, "full") {
				line = "data: " + data
			}
		}
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			s.lastID = id
			_, number, _ := strings.Cut(id, "-")
			line = "id: " + number
		}
		message = append(message, line)
	}
	t.Fatalf("the stream ended: %v", s.lines.Err())
	return nil
}

func part(data, key string) string {
	_, rest, found := strings.Cut(data, key)
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(rest, `"`)
	return " " + value
}

func (s *stream) want(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, s.next(t)); diff != "" {
		t.Fatalf("message differs (-want +got):\n%s", diff)
	}
}

func TestStream(t *testing.T) {
	platform := servertest.New(t, with(aStore("a", nil)))
	events := open(t, platform, "", "")
	events.want(t, "retry: 1000")
	events.want(t, "event: store.updated", "data: a Provisioning")
	events.want(t, "id: 1", "event: synced", `data: {"full":true}`)
	b := aStore("b", nil)
	if err := platform.Objects.Create(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	events.want(t, "id: 2", "event: store.updated", "data: b Provisioning")
	seen := events.lastID
	if err := platform.SetStatus(t.Context(), "b", func(s *v1alpha1.StoreStatus) { s.URL = "http://b.example" }); err != nil {
		t.Fatal(err)
	}
	events.want(t, "id: 3", "event: store.updated", "data: b Provisioning")
	if err := platform.Objects.Delete(t.Context(), &v1alpha1.Store{ObjectMeta: b.ObjectMeta}); err != nil {
		t.Fatal(err)
	}
	events.want(t, "id: 4", "event: store.deleted", "data: b Provisioning")
	t.Run("OneStore", func(t *testing.T) {
		events := open(t, platform, "?store=b", "")
		events.want(t, "retry: 1000")
		events.want(t, "id: 4", "event: synced", `data: {"full":true}`)
	})
	t.Run("ReturningReader", func(t *testing.T) {
		events := open(t, platform, "", seen)
		events.want(t, "retry: 1000")
		events.want(t, "id: 4", "event: store.deleted", "data: b Provisioning")
		events.want(t, "id: 4", "event: synced", `data: {"full":false}`)
	})
	t.Run("AnotherServersReader", func(t *testing.T) {
		events := open(t, platform, "", "other-3")
		events.want(t, "retry: 1000")
		events.want(t, "event: store.updated", "data: a Provisioning")
		events.want(t, "id: 4", "event: synced", `data: {"full":true}`)
	})
}

func TestStreamSaysThatItIsAlive(t *testing.T) {
	events := open(t, servertest.New(t, servertest.Options{Heartbeat: time.Millisecond}), "", "")
	events.want(t, "retry: 1000")
	events.want(t, "id: 0", "event: synced", `data: {"full":true}`)
	events.want(t, ": alive")
	events.want(t, ": alive")
}

func TestStreamOutlivesTheBoundsOfRequests(t *testing.T) {
	const bound = 50 * time.Millisecond
	platform := servertest.New(t, servertest.Options{
		Objects:   []client.Object{aStore("a", nil)},
		Heartbeat: bound / 5,
		Configure: func(s *httptest.Server) { s.Config.ReadTimeout, s.Config.WriteTimeout = bound, bound },
	})
	events := open(t, platform, "", "")
	for start := time.Now(); time.Since(start) < 4*bound; {
		events.next(t) // Fails when the stream ends.
	}
}

func TestStreamEndsWithTheServer(t *testing.T) {
	platform := servertest.New(t, servertest.Options{})
	events := open(t, platform, "", "")
	events.want(t, "retry: 1000")
	platform.Watcher.Close()
	rest := events.lines
	for rest.Scan() {
		if rest.Text() == ": alive" {
			t.Fatal("the stream continues")
		}
	}
	if err := rest.Err(); err != nil {
		t.Errorf("the stream broke off: %v", err)
	}
}
