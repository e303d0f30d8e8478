package server_test

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"testing"
	"time"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/server/servertest"
)

// TestWhoSendsTheBodyLateMayNoMore demotes an administrator whose request has come, but not yet its body.
func TestWhoSendsTheBodyLateMayNoMore(t *testing.T) {
	platform := servertest.New(t, servertest.Options{})
	ann := platform.User(t, "ann@example.com", auth.Admin)
	platform.User(t, "bob@example.com", auth.Admin) // There is always one.
	body, writer := io.Pipe()
	// The server asks for the body by the answer 100, when it is about to read it.
	asked := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(asked) }})
	r, err := http.NewRequestWithContext(ctx, http.MethodPatch, platform.URL+"/api/v1/users/"+ann.ID, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+platform.UserToken(t, ann, auth.Administer))
	r.Header.Set("Expect", "100-continue")
	demoted := make(chan error, 1)
	go func() {
		<-asked
		role := auth.Merchant
		_, err := platform.Accounts.UpdateUser(t.Context(), ann.ID, auth.Changes{Role: &role})
		demoted <- err
		_, _ = io.WriteString(writer, `{"role":"admin"}`)
		_ = writer.Close()
	}()
	transport := &http.Transport{ExpectContinueTimeout: time.Minute}
	t.Cleanup(transport.CloseIdleConnections)
	answer, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := <-demoted; err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("the demoted administrator is answered %s, want 403", answer.Status)
	}
}
