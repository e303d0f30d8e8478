package source

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// nowhere is a maker that cannot be reached.
func nowhere() *http.Client {
	return &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("no such host") })}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestFindLooksInOrder(t *testing.T) {
	first, second, cache := t.TempDir(), t.TempDir(), t.TempDir()
	finder := Finder{Folders: []string{first, filepath.Join(first, "absent"), second}, Cache: cache, Client: nowhere()}
	if _, err := finder.Find(t.Context(), pinned()); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "no such host") {
		t.Errorf("got %v, want that there is none", err)
	}
	for _, folder := range []string{cache, second, first} {
		path := put(t, folder, zipOf(t, good()), "")
		if found, err := finder.Find(t.Context(), pinned()); err != nil || found.Path != path {
			t.Errorf("got %+v, %v; want %s", found, err, path)
		}
	}
	// What somebody put there and is wrong is named, and nothing else taken in its place.
	put(t, first, []byte("broken"), "")
	if _, err := finder.Find(t.Context(), pinned()); err == nil || errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), first) {
		t.Errorf("got %v, want that the first is refused", err)
	}
}

func TestDownload(t *testing.T) {
	whole := zipOf(t, good())
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"Good":     {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(whole) }, ""},
		"NotThere": {http.NotFound, "it answered 404 Not Found"},
		"Cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(whole)
		}, "broke off after"},
		"Silent": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(whole)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, "it stood still"},
		"Circle": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) }, "in circles"},
		"Other":  {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipOf(t, good()[:2])) }, "what it gives lacks shop/readme.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			maker := httptest.NewServer(test.answer)
			defer maker.Close()
			wanted := pinned()
			wanted.URL = maker.URL
			finder := Finder{Cache: filepath.Join(t.TempDir(), "sources"), Client: NewClient(), Patience: 100 * time.Millisecond}
			found, err := finder.Find(t.Context(), wanted)
			if test.want == "" {
				if err != nil || found.Path != filepath.Join(finder.Cache, wanted.File) {
					t.Fatalf("got %+v, %v", found, err)
				}
				finder.Client = nowhere()
				if again, err := finder.Find(t.Context(), wanted); err != nil || again != found {
					t.Errorf("the second time gave %+v, %v", again, err)
				}
				return
			}
			if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if left, err := os.ReadDir(finder.Cache); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestDownloadStaysWithHTTPS(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	maker := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer maker.Close()
	client := NewClient()
	client.Transport = maker.Client().Transport
	wanted := pinned()
	wanted.URL = maker.URL
	if _, err := (Finder{Cache: t.TempDir(), Client: client}).Find(t.Context(), wanted); err == nil || !strings.Contains(err.Error(), "without https") {
		t.Errorf("got %v", err)
	}
}

// TestFindMendsTheCache puts something broken into the cache, which is nobody's but ours.
func TestFindMendsTheCache(t *testing.T) {
	finder := Finder{Cache: t.TempDir(), Client: nowhere()}
	path := put(t, finder.Cache, []byte("broken"), "")
	_, err := finder.Find(t.Context(), pinned())
	if err == nil || errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), path+" is no whole zip archive") || !strings.Contains(err.Error(), "no such host") {
		t.Errorf("got %v, want why it is refused, and why there is no other", err)
	}
	old := filepath.Join(finder.Cache, strings.Replace(partPattern, "*", "1", 1))
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*downloadTime)); err != nil {
		t.Fatal(err)
	}
	maker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipOf(t, good())) }))
	defer maker.Close()
	wanted := pinned()
	wanted.URL, finder.Client = maker.URL, NewClient()
	if found, err := finder.Find(t.Context(), wanted); err != nil || found.Path != path {
		t.Errorf("got %+v, %v", found, err)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what a killed download left is still there: %v", err)
	}
}

// TestPlain looks for the parts of an error that are another one at every try: what the platform is told must not change.
func TestPlain(t *testing.T) {
	local := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 41234}
	lookup := &net.DNSError{Err: "no such host", Name: "maker.example", Server: "10.0.0.53:53"}
	for want, err := range map[string]error{
		"no such host":              &url.Error{Op: "Get", URL: "https://maker.example", Err: &net.OpError{Op: "dial", Err: lookup}},
		"connection reset":          &net.OpError{Op: "read", Source: local, Err: errors.New("connection reset")},
		"it leads in circles":       &url.Error{Op: "Get", URL: "https://maker.example", Err: errors.New("it leads in circles")},
		"it stood still":            errSilent,
		"context deadline exceeded": context.DeadlineExceeded,
	} {
		if got := plain(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
