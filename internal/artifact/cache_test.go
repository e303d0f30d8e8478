package artifact

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

func writer(content string, calls *atomic.Int32) func(context.Context, string) error {
	return func(_ context.Context, dir string) error {
		calls.Add(1)
		return os.WriteFile(filepath.Join(dir, "file"), []byte(content), 0o600)
	}
}

func TestGetBuildsOnce(t *testing.T) {
	cache := Cache{Dir: t.TempDir()}
	var calls atomic.Int32
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, _, err := cache.Get(t.Context(), "thing", "h1", writer("x", &calls)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := calls.Load(); got != 1 {
		t.Errorf("built %d times, want once", got)
	}
}

func TestGetRebuildsWhatIsDamaged(t *testing.T) {
	for name, damage := range map[string]func(dir string) error{
		"ContentChanged":  func(dir string) error { return os.WriteFile(filepath.Join(dir, "file"), []byte("y"), 0o600) },
		"FileTruncated":   func(dir string) error { return os.Truncate(filepath.Join(dir, "file"), 0) },
		"FileMissing":     func(dir string) error { return os.Remove(filepath.Join(dir, "file")) },
		"ManifestMissing": func(dir string) error { return os.Remove(filepath.Join(dir, manifestName)) },
		"ManifestBroken":  func(dir string) error { return os.WriteFile(filepath.Join(dir, manifestName), []byte("{"), 0o600) },
		"HalfWritten":     func(dir string) error { return os.Rename(dir, dir+".part") },
	} {
		t.Run(name, func(t *testing.T) {
			cache := Cache{Dir: t.TempDir()}
			var calls atomic.Int32
			dir, _, err := cache.Get(t.Context(), "thing", "h1", writer("x", &calls))
			if err != nil {
				t.Fatal(err)
			}
			if err := damage(dir); err != nil {
				t.Fatal(err)
			}
			if _, found := cache.Find("thing", "h1"); found {
				t.Error("the damage was not noticed")
			}
			dir, built, err := cache.Get(t.Context(), "thing", "h1", writer("x", &calls))
			if err != nil || !built {
				t.Fatalf("built %t, error %v; want a rebuild", built, err)
			}
			if content, err := os.ReadFile(filepath.Join(dir, "file")); err != nil || string(content) != "x" {
				t.Errorf("read %q, %v after the rebuild", content, err)
			}
		})
	}
}

func TestGetLeavesNothingWhenTheBuildFails(t *testing.T) {
	cache := Cache{Dir: t.TempDir()}
	broken := errors.New("broken")
	if _, _, err := cache.Get(t.Context(), "thing", "h1", func(context.Context, string) error { return broken }); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(cache.Dir, "thing", "h1*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestPruneKeepsTheNewest(t *testing.T) {
	cache := Cache{Dir: t.TempDir()}
	var calls atomic.Int32
	for _, hash := range []string{"h1", "h2", "h3"} {
		if _, _, err := cache.Get(t.Context(), "thing", hash, writer(hash, &calls)); err != nil {
			t.Fatal(err)
		}
	}
	if err := cache.Prune("thing", 1); err != nil {
		t.Fatal(err)
	}
	if _, found := cache.Find("thing", "h3"); !found {
		t.Error("the newest entry is gone")
	}
	if _, found := cache.Find("thing", "h1"); found {
		t.Error("the oldest entry is still there")
	}
}

func TestHashSeesEveryInput(t *testing.T) {
	base := t.TempDir()
	put := func(name, content string, mode os.FileMode) {
		t.Helper()
		path := filepath.Join(base, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	sum := func(extra ...string) string {
		t.Helper()
		got, err := Hash(base, []string{"src"}, extra...)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	put("src/a", "1", 0o600)
	first := sum()
	if sum("v2") == first {
		t.Error("an extra word is not seen")
	}
	put("src/node_modules/x", "1", 0o600)
	if sum() != first {
		t.Error("a build's own folder is seen")
	}
	put("src/a", "1", 0o700)
	if sum() == first {
		t.Error("the executable bit is not seen")
	}
	put("src/a", "2", 0o600)
	if sum() == first {
		t.Error("a changed file is not seen")
	}
	put("src/a", "1", 0o600)
	if sum() != first {
		t.Error("the same inputs give another hash")
	}
	put("src/b", "", 0o600)
	if sum() == first {
		t.Error("a new empty file is not seen")
	}
	if _, err := Hash(base, []string{"absent"}); err == nil {
		t.Error("an absent input gives no error")
	}
}
