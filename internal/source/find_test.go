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

// unreachable is a client of publishers that do not answer.
func unreachable() *http.Client {
	return &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("no such host") })}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestFindLooksInOrder(t *testing.T) {
	first, second, cache := t.TempDir(), t.TempDir(), t.TempDir()
	finder := Finder{Folders: []string{first, filepath.Join(first, "absent"), second}, Cache: cache, Client: unreachable()}
	if _, err := finder.Find(t.Context(), pinned()); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "no such host") {
		t.Errorf("got %v, want that there is none", err)
	}
	kept := filepath.Join(cache, pinned().File)
	for i, folder := range []string{cache, second, first} {
		// Each is another archive, so that its checksum says where it was found.
		path := put(t, folder, zipOf(t, append(good(), entry{"shop/which.txt", strings.Repeat("x", i)})), "")
		want, err := sumOf(path)
		if err != nil {
			t.Fatal(err)
		}
		if found, err := finder.Find(t.Context(), pinned()); err != nil || found != (Found{Path: kept, SHA256: want}) {
			t.Errorf("got %+v, %v; want the one of %s", found, err, folder)
		}
	}
	// An archive that is wrong is named, and not replaced by another one.
	put(t, first, []byte("broken"), "")
	if _, err := finder.Find(t.Context(), pinned()); err == nil || errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), first) {
		t.Errorf("got %v, want that the first is refused", err)
	}
}

// TestFindKeepsWhatItFoundOnce looks for an archive in a clone that has it, and then in one that has not.
func TestFindKeepsWhatItFoundOnce(t *testing.T) {
	folder, cache := t.TempDir(), filepath.Join(t.TempDir(), "sources")
	put(t, folder, zipOf(t, good()), "")
	found, err := Finder{Folders: []string{folder}, Cache: cache, Client: unreachable()}.Find(t.Context(), pinned())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := Finder{Folders: []string{t.TempDir()}, Cache: cache, Client: unreachable()}
	if again, err := elsewhere.Find(t.Context(), pinned()); err != nil || again != found {
		t.Errorf("another clone finds %+v, %v; want %+v", again, err, found)
	}
	sums, err := os.ReadFile(filepath.Join(cache, sumsFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Finder{Folders: []string{folder}, Cache: cache}).Find(t.Context(), pinned()); err != nil {
		t.Error(err)
	}
	if again, err := os.ReadFile(filepath.Join(cache, sumsFile)); err != nil || string(again) != string(sums) {
		t.Errorf("the same archive was recorded again: %q, %v", again, err)
	}
}

func TestDownload(t *testing.T) {
	whole := zipOf(t, good())
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"Good":     {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(whole) }, ""},
		"NotThere": {http.NotFound, "the server answered 404 Not Found"},
		"Cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(whole)
		}, "the download ended after"},
		"Silent": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(whole)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, "the download stalled"},
		"Circle": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) }, "too many redirects"},
		"Other":  {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipOf(t, good()[:2])) }, "the download lacks shop/readme.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			publisher := httptest.NewServer(test.answer)
			defer publisher.Close()
			wanted := pinned()
			wanted.URL = publisher.URL
			finder := Finder{Cache: filepath.Join(t.TempDir(), "sources"), Client: NewClient(), Patience: 100 * time.Millisecond}
			found, err := finder.Find(t.Context(), wanted)
			if test.want == "" {
				if err != nil || found.Path != filepath.Join(finder.Cache, wanted.File) {
					t.Fatalf("got %+v, %v", found, err)
				}
				finder.Client = unreachable()
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
	publisher := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer publisher.Close()
	client := NewClient()
	client.Transport = publisher.Client().Transport
	wanted := pinned()
	wanted.URL = publisher.URL
	if _, err := (Finder{Cache: t.TempDir(), Client: client}).Find(t.Context(), wanted); err == nil || !strings.Contains(err.Error(), "without https") {
		t.Errorf("got %v", err)
	}
}

// TestFindRepairsTheCache puts something broken into the cache, which belongs to us alone.
func TestFindRepairsTheCache(t *testing.T) {
	finder := Finder{Cache: t.TempDir(), Client: unreachable()}
	path := put(t, finder.Cache, []byte("broken"), "")
	_, err := finder.Find(t.Context(), pinned())
	if err == nil || errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), path+" is not a complete zip archive") || !strings.Contains(err.Error(), "no such host") {
		t.Errorf("got %v, want why it is refused, and why there is no other", err)
	}
	old := filepath.Join(finder.Cache, strings.Replace(partPattern, "*", "1", 1))
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*downloadTimeout)); err != nil {
		t.Fatal(err)
	}
	publisher := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipOf(t, good())) }))
	defer publisher.Close()
	wanted := pinned()
	wanted.URL, finder.Client = publisher.URL, NewClient()
	if found, err := finder.Find(t.Context(), wanted); err != nil || found.Path != path {
		t.Errorf("got %+v, %v", found, err)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what a killed download left still exists: %v", err)
	}
}

// TestPlain looks for the parts of an error that differ at every attempt: what the platform is told must not change.
func TestPlain(t *testing.T) {
	local := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 41234}
	lookup := &net.DNSError{Err: "no such host", Name: "publisher.example", Server: "10.0.0.53:53"}
	for want, err := range map[string]error{
		"no such host":              &url.Error{Op: "Get", URL: "https://publisher.example", Err: &net.OpError{Op: "dial", Err: lookup}},
		"connection reset":          &net.OpError{Op: "read", Source: local, Err: errors.New("connection reset")},
		"too many redirects":        &url.Error{Op: "Get", URL: "https://publisher.example", Err: errors.New("too many redirects")},
		"the download stalled":      errStalled,
		"context deadline exceeded": context.DeadlineExceeded,
	} {
		if got := plain(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
