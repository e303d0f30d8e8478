package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCommandShowsTheEndOfItsLog(t *testing.T) {
	t.Chdir(t.TempDir())
	err := command{log: "logs/it.log", name: "sh", args: []string{"-c", "echo first; echo last >&2; exit 3"}}.run(t.Context())
	if want := "sh: exit status 3\n  first\n  last\nThe whole log is in logs/it.log"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

// TestCanceledCommandLetsItsChildrenCleanUp cancels a command whose child takes a moment to clean up, which outlives its parent.
func TestCanceledCommandLetsItsChildrenCleanUp(t *testing.T) {
	dir := t.TempDir()
	started, cleaned := filepath.Join(dir, "started"), filepath.Join(dir, "cleaned")
	child := "trap 'sleep 0.3; touch " + cleaned + "; exit' TERM; touch " + started + "; while :; do sleep 0.05; done"
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	go func() {
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for range ticker.C {
			if _, err := os.Stat(started); err == nil || ctx.Err() != nil {
				cancel()
				return
			}
		}
	}()
	err := command{dir: dir, log: filepath.Join(dir, "log"), name: "sh", args: []string{"-c", strings.Join([]string{"sh -c \"" + child + "\" &", "wait"}, "\n")}}.run(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(cleaned); err != nil {
		t.Errorf("the child could not clean up: %v", err)
	}
}
