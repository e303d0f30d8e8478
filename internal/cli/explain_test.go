package cli

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

func TestExplainUnreachable(t *testing.T) {
	for server, want := range map[string]string{
		"http://shopflow.localhost:8080": "make up",
		"http://localhost:8080":          "make up",
		"http://127.0.0.1:8080":          "make up",
		"http://[::1]:8080":              "make up",
		"https://shops.example.com":      "Is the address right",
		"https://localhost.example.com":  "Is the address right",
	} {
		t.Run(server, func(t *testing.T) {
			got := explain(&cobra.Command{}, &apiclient.UnreachableError{Server: server, Err: errors.New("refused")})
			if !strings.Contains(got, want) || strings.Contains(got, "make up") != (want == "make up") {
				t.Errorf("got %q, want %q in it", got, want)
			}
		})
	}
}

// TestExplainUnauthorized has a folder that names a remote platform: nothing on this machine can create a token for it.
func TestExplainUnauthorized(t *testing.T) {
	for server, want := range map[string]string{
		"http://shopflow.localhost:8080": `"make up" writes the right one`,
		"https://shops.example.com":      "Sign in again: shopflow login --server https://shops.example.com",
	} {
		t.Run(server, func(t *testing.T) {
			t.Setenv("HOME", t.TempDir())
			t.Setenv("XDG_CONFIG_HOME", t.TempDir())
			t.Chdir(t.TempDir())
			if err := os.Mkdir(".shopflow", 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(".shopflow/client.yaml", []byte("server: "+server+"\ntoken: old\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			command := &cobra.Command{}
			(&target{}).addTo(command)
			problem := apiclient.Problem{Code: apiclient.ProblemCodeUnauthorized, Detail: "The token is not known"}
			if got := explain(command, &apiclient.Error{Problem: problem}); !strings.Contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
