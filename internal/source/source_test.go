package source

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pinned is a small source that an archive of good passes for.
func pinned() Source {
	return Source{
		Name: "shop", Version: "1.2.3", File: "shop.1.2.3.zip",
		Files: []string{"shop/shop.php", "shop/readme.txt"}, Pattern: `(?m)^ \* Version: (\S+)$`,
	}
}

type entry struct{ name, content string }

func good() []entry {
	return []entry{{"shop/", ""}, {"shop/shop.php", "<?php\n/**\n * Version: 1.2.3\n */\n"}, {"shop/readme.txt", "Read me"}}
}

func zipOf(t *testing.T, entries []entry) []byte {
	t.Helper()
	var content bytes.Buffer
	writer := zip.NewWriter(&content)
	for _, e := range entries {
		file, err := writer.Create(e.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(file, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

// put writes an archive and, unless sum is "-", records a checksum for it: its own if sum is empty.
func put(t *testing.T, folder string, content []byte, sum string) string {
	t.Helper()
	path := filepath.Join(folder, pinned().File)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if sum == "-" {
		return path
	}
	if sum == "" {
		var err error
		if sum, err = sumOf(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := record(filepath.Join(folder, sumsFile), sum, pinned().File); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheck(t *testing.T) {
	whole := zipOf(t, good())
	for name, test := range map[string]struct {
		content []byte
		sum     string
		want    string
	}{
		"Good":         {whole, "", ""},
		"Truncated":    {whole[:len(whole)-30], "", "no whole zip archive"},
		"NoArchive":    {[]byte("<html>Not found</html>"), "", "no whole zip archive"},
		"NoSum":        {whole, "-", "has no recorded checksum; if you trust it, run: (cd "},
		"OtherSum":     {whole, strings.Repeat("0", 64), "is not the file whose checksum"},
		"OtherVersion": {zipOf(t, []entry{{"shop/shop.php", " * Version: 1.2.4\n"}, {"shop/readme.txt", ""}}), "", "is version 1.2.4 of shop, and 1.2.3 is wanted"},
		"NoVersion":    {zipOf(t, []entry{{"shop/shop.php", ""}, {"shop/readme.txt", ""}}), "", "names no version"},
		"FileMissing":  {zipOf(t, good()[:2]), "", "lacks shop/readme.txt"},
		"OtherFolder":  {zipOf(t, append(good(), entry{"else/x.php", ""})), "", `holds "else/x.php", outside of its one folder shop/`},
		"Traversal":    {zipOf(t, append(good(), entry{"shop/../../etc/passwd", ""})), "", "outside of its one folder"},
		"Absolute":     {zipOf(t, append(good(), entry{"/etc/passwd", ""})), "", "outside of its one folder"},
	} {
		t.Run(name, func(t *testing.T) {
			path := put(t, t.TempDir(), test.content, test.sum)
			sum, err := pinned().Check(path)
			switch {
			case test.want == "" && (err != nil || len(sum) != 64):
				t.Errorf("got %q, %v", sum, err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestCheckRefusesWhatUnpacksWithoutEnd(t *testing.T) {
	entries := good()
	for range maxFiles {
		entries = append(entries, entry{"shop/x", ""})
	}
	if _, err := pinned().Check(put(t, t.TempDir(), zipOf(t, entries), "")); err == nil || !strings.Contains(err.Error(), "unpacks to") {
		t.Errorf("got %v", err)
	}
}

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
		"NotThere": {http.NotFound, "404"},
		"Cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(whole)
		}, "EOF"},
		"Other": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipOf(t, good()[:2])) }, "lacks"},
	} {
		t.Run(name, func(t *testing.T) {
			maker := httptest.NewServer(test.answer)
			defer maker.Close()
			wanted := pinned()
			wanted.URL = maker.URL
			finder := Finder{Cache: filepath.Join(t.TempDir(), "sources"), Client: NewClient()}
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
			if left, err := os.ReadDir(finder.Cache); err == nil && len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestThePinnedSources(t *testing.T) {
	sources, err := Read("../../images/sources.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if !strings.HasPrefix(source.URL, "https://") || !strings.Contains(source.URL, source.Version) || !strings.Contains(source.File, source.Version) {
			t.Errorf("source %+v: URL and file must name version and https", source)
		}
	}
	if len(sources) != 2 {
		t.Errorf("%d sources", len(sources))
	}
}
