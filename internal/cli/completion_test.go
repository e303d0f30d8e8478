package cli_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"shopflow.dev/shopflow/internal/cli"
)

// TestCompletionDoesNotWait has a platform that never answers: the shell gets what every platform has, within seconds.
func TestCompletionDoesNotWait(t *testing.T) {
	served := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(served.Close)
	for name, test := range map[string]struct {
		command string
		args    []string
		want    string
	}{
		"Names":   {"get", nil, ":4\n"},
		"Engines": {"create", []string{"demo", "--engine"}, ":4\n"},
		"Plans":   {"create", []string{"demo", "--plan"}, "small\nmedium\nlarge\n:4\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := slices.Concat([]string{"__complete", "store", test.command, "--server", served.URL, "--token", "x"}, test.args, []string{""})
			var out, errs bytes.Buffer
			begin := time.Now()
			if code := cli.Main(t.Context(), args, nil, &out, &errs); code != 0 || out.String() != test.want {
				t.Errorf("ended with %d and %q, want %q\n%s", code, out.String(), test.want, errs.String())
			}
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("the shell waited %s", took)
			}
		})
	}
}

func TestCompletionScripts(t *testing.T) {
	for shell, test := range map[string]struct {
		code int
		want string
	}{
		"bash": {0, "bash completion V2 for shopflow"},
		"zsh":  {0, "#compdef shopflow"},
		"fish": {0, "fish completion for shopflow"},
		"tcsh": {2, ""},
	} {
		t.Run(shell, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := cli.Main(t.Context(), []string{"completion", shell}, nil, &out, &errs)
			if code != test.code || !strings.Contains(out.String(), test.want) {
				t.Errorf("ended with %d, want %d and %q in it: %s", code, test.code, test.want, errs.String())
			}
		})
	}
}
