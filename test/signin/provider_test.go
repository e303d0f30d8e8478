// Package signin signs in with a real OpenID Connect provider: the example server of github.com/zitadel/oidc, a certified
// implementation, which is built from hack/oidc/go.mod and run as a process of its own.
package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience bounds how long the provider may take to start, once it is built.
const patience = 20 * time.Second

// person is an account of the provider.
type person struct {
	ID, Username, Password, FirstName, LastName, Email string
	EmailVerified                                      bool
}

// startProvider starts a provider that sends browsers back to the addresses, and returns its issuer.
func startProvider(t *testing.T, callbacks []string, people ...person) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "provider")
	build := exec.CommandContext(t.Context(), "go", "build", "-modfile=hack/oidc/go.mod", "-o", program, "github.com/zitadel/oidc/v3/example/server")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the provider: %v\n%s", err, out)
	}
	users := map[string]person{}
	for _, p := range people {
		users[p.ID] = p
	}
	content, err := json.Marshal(users)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "users.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	var log bytes.Buffer
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	command := exec.CommandContext(ctx, program)
	command.Env = append(os.Environ(), "PORT="+port, "USERS_FILE="+file, "REDIRECT_URI="+strings.Join(callbacks, ","))
	command.Stdout, command.Stderr = &log, &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = command.Wait() // It was killed.
		if t.Failed() {
			t.Logf("the provider's log:\n%s", log.String())
		}
	})
	issuer := "http://localhost:" + port + "/"
	awaitProvider(t, issuer)
	return issuer
}

func awaitProvider(t *testing.T, issuer string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer+".well-known/openid-configuration", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = answer.Body.Close()
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("the provider does not answer: %v", err)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
