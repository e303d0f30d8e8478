package apiclient_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/internal/apiclient"
	"shopflow.dev/shopflow/internal/server/servertest"
)

func connect(t *testing.T, server, token string) *apiclient.Platform {
	t.Helper()
	platform, err := apiclient.New(apiclient.Config{Server: server, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return platform
}

func TestAgainstTheRealHandlers(t *testing.T) {
	served := servertest.New(t, servertest.Options{})
	platform := connect(t, served.URL+"/", servertest.Token)
	spec := apiclient.CreateStore{Name: "demo", Engine: "medusa"}
	for _, wantCreated := range []bool{true, false} {
		store, created, err := platform.Create(t.Context(), spec)
		if err != nil || created != wantCreated || store.Name != "demo" {
			t.Errorf("created %t, %+v, %v", created, store, err)
		}
	}
	if list, err := platform.Find(t.Context(), apiclient.ListStoresParams{}); err != nil || len(list.Items) != 1 {
		t.Errorf("list: %+v, %v", list, err)
	}
	if store, err := platform.Get(t.Context(), "demo"); err != nil || store.State != apiclient.StoreStateProvisioning {
		t.Errorf("get: %+v, %v", store, err)
	}
	if _, err := platform.Credentials(t.Context(), "demo"); !apiclient.IsCode(err, apiclient.ProblemCodeCredentialsNotReady) {
		t.Errorf("credentials: %v", err)
	}
	if store, err := platform.Delete(t.Context(), "demo"); err != nil || store.State != apiclient.StoreStateDeleting {
		t.Errorf("delete: %+v, %v", store, err)
	}
	if _, err := platform.Get(t.Context(), "demo"); !apiclient.IsCode(err, apiclient.ProblemCodeStoreNotFound) {
		t.Errorf("get afterwards: %v", err)
	}
	if _, err := connect(t, served.URL, "another-token-012345").Find(t.Context(), apiclient.ListStoresParams{}); !apiclient.IsCode(err, apiclient.ProblemCodeUnauthorized) {
		t.Errorf("with another token: %v", err)
	}
}

func TestErrorsThatTheServerDidNotMake(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	t.Run("NoPlatform", func(t *testing.T) {
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<html>no such host</html>", http.StatusNotFound)
		})
		gateway := httptest.NewServer(handler)
		defer gateway.Close()
		_, err := connect(t, gateway.URL, "x").Find(t.Context(), apiclient.ListStoresParams{})
		var answer *apiclient.Error
		if !errors.As(err, &answer) || answer.Problem.Status != http.StatusNotFound || !strings.Contains(err.Error(), "404") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Redirect", func(t *testing.T) {
		gateway := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
		defer gateway.Close()
		if _, err := connect(t, gateway.URL, "x").Find(t.Context(), apiclient.ListStoresParams{}); err == nil || !strings.Contains(err.Error(), "302") {
			t.Errorf("the token goes where a redirect says: %v", err)
		}
	})
	t.Run("NoServer", func(t *testing.T) {
		gone := httptest.NewServer(http.NotFoundHandler())
		gone.Close()
		_, err := connect(t, gone.URL, "x").Find(t.Context(), apiclient.ListStoresParams{})
		var unreachable *apiclient.UnreachableError
		if !errors.As(err, &unreachable) || unreachable.Server != gone.URL {
			t.Errorf("got %v", err)
		}
	})
	for _, address := range []string{"", "shopflow.localhost:8080", "ftp://x", "http://", "http://a b"} {
		if _, err := apiclient.New(apiclient.Config{Server: address}); err == nil {
			t.Errorf("%q is taken for an address", address)
		}
	}
}

func TestLocalhostNamesNeedNoResolver(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://proxy.invalid:1")
	var host string
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host = r.Host
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"items":[]}`)
	}))
	defer served.Close()
	address := strings.Replace(served.URL, "127.0.0.1", "no-such-name.ShopFlow.localhost", 1)
	if _, err := connect(t, address, "x").Find(t.Context(), apiclient.ListStoresParams{}); err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimPrefix(address, "http://"); host != want {
		t.Errorf("the server was asked for %q, want %q", host, want)
	}
}

func TestFindConfig(t *testing.T) {
	root := t.TempDir()
	below := filepath.Join(root, "a", "b")
	for _, folder := range []string{below, filepath.Join(root, ".shopflow")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := apiclient.FindConfig(below); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a file: got %v", err)
	}
	file := filepath.Join(root, ".shopflow", "client.yaml")
	if err := os.WriteFile(file, []byte("server: http://x.localhost\ntoken: abc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := apiclient.FindConfig(below)
	if diff := cmp.Diff(apiclient.Config{Server: "http://x.localhost", Token: "abc"}, got); diff != "" || err != nil {
		t.Errorf("got %v (-want +got):\n%s", err, diff)
	}
	if err := os.WriteFile(file, []byte("server: [secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := apiclient.FindConfig(below); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("broken file: got %v, want its path", err)
	}
}

func TestFindReadsEveryPage(t *testing.T) {
	pages := map[string]string{
		"":  `{"items":[{"name":"a"},{"name":"b"}],"total":3,"continue":"b"}`,
		"b": `{"items":[{"name":"c"}],"total":3}`,
	}
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, pages[r.URL.Query().Get("continue")])
	}))
	defer served.Close()
	list, err := connect(t, served.URL, "x").Find(t.Context(), apiclient.ListStoresParams{})
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, names); diff != "" || err != nil || list.Total != 3 {
		t.Errorf("got %d in all and %v (-want +got):\n%s", list.Total, err, diff)
	}
}

func TestSameServer(t *testing.T) {
	for name, test := range map[string]struct {
		a, b string
		same bool
	}{
		"Same":     {"https://x.example", "https://x.example", true},
		"Slash":    {"https://x.example/", "https://x.example", true},
		"Case":     {"HTTPS://X.Example", "https://x.example", true},
		"Port":     {"https://x.example:443/", "https://x.example", true},
		"HTTPPort": {"http://x.example", "http://x.example:80", true},
		"Path":     {"https://x.example/a/", "https://x.example/a", true},
		"Host":     {"https://x.example", "https://y.example", false},
		"Scheme":   {"http://x.example", "https://x.example", false},
		"Other":    {"https://x.example:80", "https://x.example", false},
		"Below":    {"https://x.example/a", "https://x.example/b", false},
		"Nonsense": {"https://x y", "https://x.example", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := apiclient.SameServer(test.a, test.b); got != test.same {
				t.Errorf("%s and %s: got %t, want %t", test.a, test.b, got, test.same)
			}
		})
	}
}

// lossy serves a stream in pieces: each connection gets the next one, and then breaks.
type lossy struct {
	pieces []string
	ids    []string // the Last-Event-ID of each connection
}

func (l *lossy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	piece := l.pieces[min(len(l.ids), len(l.pieces)-1)]
	l.ids = append(l.ids, r.Header.Get("Last-Event-ID"))
	switch piece {
	case "unavailable":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "unauthorized":
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"type":"x","title":"x","status":401,"code":"unauthorized","detail":"no"}`)
	default:
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, piece)
	}
}

func TestFollow(t *testing.T) {
	const a = "retry: 1\n\nid: 7\nevent: store.updated\ndata: {\"name\":\"a\"}\n\n"
	const synced = "event: synced\ndata: {}\n\n"
	const end = ": alive\n\nid: 9\nevent: store.deleted\ndata: {\"name\":\"a\",\ndata: \"uid\":\"1\"}\n\n"
	for name, test := range map[string]struct {
		reason string
		pieces []string
		events []string
		ids    []string
		code   apiclient.ProblemCode
	}{
		"Whole":   {"one connection is enough", []string{a + synced + end}, []string{"store.updated a", "synced known", "store.deleted a"}, []string{""}, ""},
		"Lost":    {"continues after the last event", []string{a, synced + end}, []string{"store.updated a", "synced", "store.deleted a"}, []string{"", "7"}, ""},
		"CutOff":  {"half an event is none", []string{a + "id: 8\nevent: store.upd", end}, []string{"store.updated a", "store.deleted a"}, []string{"", "7"}, ""},
		"NoData":  {"an event without data is none, and its ID counts", []string{a + "id: 8\nevent: synced\n\n", end}, []string{"store.updated a", "store.deleted a"}, []string{"", "8"}, ""},
		"Restart": {"a server that is away comes back", []string{a, "unavailable", end}, []string{"store.updated a", "store.deleted a"}, []string{"", "7", "7"}, ""},
		"Token":   {"a token that is not accepted will not be", []string{a, "unauthorized"}, []string{"store.updated a"}, []string{"", "7"}, apiclient.ProblemCodeUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			stream := &lossy{pieces: test.pieces}
			served := httptest.NewServer(stream)
			defer served.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			var events []string
			err := connect(t, served.URL, "x").Follow(ctx, "a", func(_ context.Context, event apiclient.Event) (bool, error) {
				text := strings.TrimSpace(event.Type + " " + event.Store.Name)
				if event.Known && event.Type == apiclient.Synced {
					text += " known"
				}
				events = append(events, text)
				return event.Type == apiclient.StoreDeleted, nil
			})
			if (err != nil) != (test.code != "") || (err != nil && !apiclient.IsCode(err, test.code)) {
				t.Errorf("%s: got %v, want code %q", test.reason, err, test.code)
			}
			if diff := cmp.Diff(test.events, events); diff != "" {
				t.Errorf("%s: events differ (-want +got):\n%s", test.reason, diff)
			}
			if diff := cmp.Diff(test.ids, stream.ids); diff != "" {
				t.Errorf("%s: ids differ (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

func TestFollowEnds(t *testing.T) {
	served := servertest.New(t, servertest.Options{})
	platform := connect(t, served.URL, servertest.Token)
	refused := errors.New("enough")
	err := platform.Follow(t.Context(), "a", func(context.Context, apiclient.Event) (bool, error) { return false, refused })
	if !errors.Is(err, refused) {
		t.Errorf("the handler's error: got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = platform.Follow(ctx, "a", func(context.Context, apiclient.Event) (bool, error) { return false, nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the deadline: got %v", err)
	}
}
