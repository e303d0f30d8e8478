package server_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"shopflow.dev/shopflow/internal/audit"
	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/server"
	"shopflow.dev/shopflow/internal/server/servertest"
)

const (
	loginVerifier = "a-verifier-of-at-least-forty-three-characters"
	loginWaits    = "http://127.0.0.1:49152/callback"
)

// loginBody is what the dashboard sends when the person has decided.
func loginBody(t *testing.T, allow bool, redirect string) string {
	t.Helper()
	body, err := json.Marshal(server.AllowLogin{
		Allow: allow, Device: "laptop", Challenge: oauth2.S256ChallengeFromVerifier(loginVerifier), Redirect: redirect, State: "STATE-OF-THE-COMMAND-LINE",
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func exchangeBody(t *testing.T, code, verifier string) string {
	t.Helper()
	body, err := json.Marshal(server.ExchangeLogin{Code: code, Verifier: verifier, Redirect: loginWaits})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// allow lets the page's person allow a command line, and returns the code.
func (p page) allow(t *testing.T) string {
	t.Helper()
	_, body := p.ask(t, "POST", "/api/v1/logins", loginBody(t, true, loginWaits), http.StatusOK)
	var answer server.LoginAnswer
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(answer.Redirect)
	if err != nil || !strings.HasPrefix(answer.Redirect, loginWaits+"?") || address.Query().Get("state") != "STATE-OF-THE-COMMAND-LINE" {
		t.Fatalf("the browser is sent to %s: %v", answer.Redirect, err)
	}
	return address.Query().Get("code")
}

func TestLoginOfACommandLine(t *testing.T) {
	platform := servertest.New(t, servertest.Options{})
	ann := platform.User(t, "ann@example.com", auth.Merchant)
	p, commandLine := newPage(t, platform), newPage(t, platform)
	p.ask(t, "POST", "/api/v1/session", credentials, http.StatusOK)
	code := p.allow(t)
	_, body := commandLine.ask(t, "POST", "/api/v1/logins/exchange", exchangeBody(t, code, loginVerifier), http.StatusCreated)
	var made server.NewToken
	if err := json.Unmarshal([]byte(body), &made); err != nil || made.Token.Name != "shopflow login on laptop" {
		t.Fatalf("made %s: %v", body, err)
	}
	_, body = commandLine.ask(t, "GET", "/api/v1/session", "", http.StatusOK, "Authorization", "Bearer "+made.Secret)
	if !strings.Contains(body, ann.ID) || strings.Contains(body, `"admin"`) {
		t.Errorf("the token is of %s", body)
	}
	p.ask(t, "DELETE", "/api/v1/tokens/"+made.Token.ID, "", http.StatusNoContent)
	commandLine.ask(t, "GET", "/api/v1/session", "", http.StatusUnauthorized, "Authorization", "Bearer "+made.Secret)

	entries, err := platform.Audit.List(t.Context(), audit.Filter{}, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, entry := range entries {
		acts = append(acts, entry.Action+" "+entry.Target+" by "+entry.ActorEmail+" "+string(entry.Outcome))
	}
	want := "token.revoke shopflow login on laptop by ann@example.com done, token.create shopflow login on laptop by ann@example.com done, " +
		"login.allow laptop by ann@example.com done, session.create ann@example.com by ann@example.com done"
	if got := strings.Join(acts, ", "); got != want {
		t.Errorf("recorded %s, want %s", got, want)
	}
	if log := platform.Log.String(); strings.Contains(log, code) || strings.Contains(log, made.Secret) || strings.Contains(log, loginVerifier) {
		t.Errorf("the log shows a secret: %s", log)
	}
}

// TestLoginIsRefused takes each way on which a command line must get nothing.
func TestLoginIsRefused(t *testing.T) {
	platform := servertest.New(t, servertest.Options{})
	platform.User(t, "ann@example.com", auth.Merchant)
	p, other := newPage(t, platform), newPage(t, platform)
	p.ask(t, "POST", "/api/v1/session", credentials, http.StatusOK)
	exchange := func(code, verifier string, want int) string {
		t.Helper()
		_, body := other.ask(t, "POST", "/api/v1/logins/exchange", exchangeBody(t, code, verifier), want)
		return body
	}

	other.ask(t, "POST", "/api/v1/logins", loginBody(t, true, loginWaits), http.StatusUnauthorized)
	p.ask(t, "POST", "/api/v1/logins", loginBody(t, true, loginWaits), http.StatusForbidden, "Sec-Fetch-Site", "same-site")
	if _, body := p.ask(t, "POST", "/api/v1/logins", loginBody(t, true, "http://evil.example:4915/callback"), http.StatusUnprocessableEntity); !strings.Contains(body, `"field":"redirect"`) {
		t.Errorf("a foreign redirect: %s", body)
	}
	if _, body := p.ask(t, "POST", "/api/v1/logins", loginBody(t, false, loginWaits), http.StatusOK); !strings.Contains(body, "error=access_denied") || strings.Contains(body, "code=") {
		t.Errorf("refused: %s", body)
	}

	code := p.allow(t)
	if body := exchange(code, strings.Repeat("x", 43), http.StatusUnauthorized); !strings.Contains(body, "sign_in_failed") {
		t.Errorf("a wrong verifier: %s", body)
	}
	exchange(code, loginVerifier, http.StatusUnauthorized) // The try before used it up.
	code = p.allow(t)
	exchange(code, loginVerifier, http.StatusCreated)
	exchange(code, loginVerifier, http.StatusUnauthorized)
	code = p.allow(t)
	p.ask(t, "DELETE", "/api/v1/session", "", http.StatusNoContent)
	exchange(code, loginVerifier, http.StatusUnauthorized)

	entries, err := platform.Audit.List(t.Context(), audit.Filter{}, 0, 1)
	if err != nil || len(entries) != 1 || entries[0].Action != "token.create" || entries[0].Outcome != audit.Refused || entries[0].ActorID != "" {
		t.Errorf("recorded %+v: %v", entries, err)
	}
}
