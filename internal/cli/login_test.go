package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/internal/apiclient"
	"shopflow.dev/shopflow/internal/cli"
)

// TestLoginKeepsItsToken has the platform end neither sessions nor tokens: that is worth a warning, and what was made is kept.
func TestLoginKeepsItsToken(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("HOME", folder)
	t.Setenv("XDG_CONFIG_HOME", folder)
	made := 0
	routes := http.NewServeMux()
	answer := func(w http.ResponseWriter, status int, body string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
	routes.HandleFunc("POST /api/v1/session", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, `{"user":{"email":"ann@example.com","role":"merchant"},"scopes":["stores:read"],"via":"session"}`)
	})
	routes.HandleFunc("POST /api/v1/tokens", func(w http.ResponseWriter, _ *http.Request) {
		made++
		answer(w, http.StatusCreated, fmt.Sprintf(`{"secret":"secret-%d","token":{"id":"id-%d","name":"x"}}`, made, made))
	})
	served := httptest.NewServer(routes)
	defer served.Close()
	for _, test := range []struct {
		token    string
		warnings int
	}{{"1", 1}, {"2", 2}} {
		var errs bytes.Buffer
		args := []string{"login", "--server", served.URL, "--email", "ann@example.com"}
		if code := cli.Main(t.Context(), args, strings.NewReader("correct horse battery\n"), nil, &errs); code != 0 {
			t.Fatalf("ended with %d: %s", code, errs.String())
		}
		if got := strings.Count(errs.String(), "Warning: "); got != test.warnings {
			t.Errorf("%d warnings, want %d: %s", got, test.warnings, errs.String())
		}
		got, err := apiclient.FindLogin()
		want := apiclient.Config{Server: served.URL, Token: "secret-" + test.token, TokenID: "id-" + test.token}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("what is kept differs: %v (-want +got):\n%s", err, diff)
		}
	}
}
