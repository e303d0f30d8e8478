package signin

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/server"
	"shopflow.dev/shopflow/internal/server/servertest"
)

// browser is a person's browser: it keeps cookies, and stops where a page of the dashboard or of another client would show.
type browser struct {
	t      *testing.T
	client *http.Client
	stop   func(address *url.URL) bool
}

func newBrowser(t *testing.T, stop func(address *url.URL) bool) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, stop: stop, client: &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if stop(r.URL) || len(via) > 10 {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

// ask sends a request and returns where the browser ended, or where it was sent when it stopped, and the page.
func (b *browser) ask(method, address string, form url.Values) (*url.URL, string) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if next, err := answer.Location(); err == nil {
		return next, string(page)
	}
	return answer.Request.URL, string(page)
}

// signIn goes to the address, fills in the provider's form, and returns where that led.
func (b *browser) signIn(address string, who person) *url.URL {
	b.t.Helper()
	at, page := b.ask(http.MethodGet, address, nil)
	hidden := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(page)
	if hidden == nil {
		b.t.Fatalf("no form at %s: %s", at, page)
	}
	at, _ = b.ask(http.MethodPost, at.ResolveReference(&url.URL{Path: "/login/username"}).String(), url.Values{
		"id": {hidden[1]}, "username": {who.Username}, "password": {who.Password},
	})
	return at
}

// session returns who the browser is signed in as.
func (b *browser) session(platform string) (session server.Session, signedIn bool) {
	b.t.Helper()
	_, page := b.ask(http.MethodGet, platform+"/api/v1/session", nil)
	if err := json.Unmarshal([]byte(page), &session); err != nil {
		b.t.Fatal(err)
	}
	return session, session.User.ID != ""
}

// world is a platform with two people, one whose address the provider vouches for.
type world struct {
	platform   *servertest.Platform
	issuer     string
	ann, other person
}

func newWorld(t *testing.T, change func(*auth.ProviderConfig)) world {
	t.Helper()
	w := world{
		ann:   person{ID: "ann", Username: "ann", Password: "very secure", FirstName: "Ann", LastName: "Example", Email: "Ann@example.com", EmailVerified: true},
		other: person{ID: "other", Username: "other", Password: "very secure", FirstName: "Other", LastName: "Example", Email: "other@example.com"},
	}
	address := "http://127.0.0.1:" + freePort(t)
	w.issuer = startProvider(t, []string{address + server.CallbackPath, "http://client.example/back"}, w.ann, w.other)
	config := auth.ProviderConfig{ID: "test", Name: "Test", Issuer: w.issuer, ClientID: "web", ClientSecret: "secret", Audiences: []string{"api"}}
	if change != nil {
		change(&config)
	}
	w.platform = servertest.New(t, servertest.Options{Address: strings.TrimPrefix(address, "http://"), RealTime: true, Providers: []auth.ProviderConfig{config}})
	return w
}

// browser stops where the dashboard begins.
func (w world) browser(t *testing.T) *browser {
	t.Helper()
	return newBrowser(t, func(address *url.URL) bool {
		return strings.HasPrefix(w.platform.URL, "http://"+address.Host) && !strings.HasPrefix(address.Path, "/api/") || address.Host == "client.example"
	})
}

func (w world) start() string {
	return w.platform.URL + "/api/v1/auth/oidc/start?provider=test&next=" + url.QueryEscape("/stores/mine?tab=logs")
}

func TestSignInWithAProvider(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser(t)
	if at := b.signIn(w.start(), w.ann); at.Path != "/stores/mine" || at.RawQuery != "tab=logs" {
		t.Fatalf("ended at %s", at)
	}
	session, _ := b.session(w.platform.URL)
	if session.User.Email != "ann@example.com" || session.User.Role != server.RoleMerchant || session.User.HasPassword || session.Via != server.SessionViaSession {
		t.Errorf("signed in as %+v", session)
	}
	again := w.browser(t)
	again.signIn(w.start(), w.ann)
	if second, _ := again.session(w.platform.URL); second.User.ID != session.User.ID {
		t.Errorf("the second visit made another user: %+v", second.User)
	}

	if at := w.browser(t).signIn(w.start(), w.other); at.Path != "/sign-in" || at.Query().Get("error") != "email_missing" {
		t.Errorf("an address that is not vouched for led to %s", at)
	}
	disabled := true
	if _, err := w.platform.Accounts.UpdateUser(t.Context(), session.User.ID, auth.Changes{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	if at := w.browser(t).signIn(w.start(), w.ann); at.Query().Get("error") != "account_disabled" {
		t.Errorf("a disabled account led to %s", at)
	}
	if strings.Contains(w.platform.Log.String(), "secret") {
		t.Errorf("the log shows the client's secret: %s", w.platform.Log)
	}
}

func TestAccountsAreNotJoinedByAddress(t *testing.T) {
	w := newWorld(t, nil)
	if _, err := w.platform.Accounts.CreateUser(t.Context(), auth.NewUser{Email: "ann@example.com", Password: "correct horse battery"}); err != nil {
		t.Fatal(err)
	}
	b := w.browser(t)
	if at := b.signIn(w.start(), w.ann); at.Query().Get("error") != "user_conflict" {
		t.Errorf("ended at %s", at)
	}
	if session, signedIn := b.session(w.platform.URL); signedIn {
		t.Errorf("signed in as %+v", session.User)
	}
}

// TestForgedCallback comes back with what belongs to another browser, or to none.
func TestForgedCallback(t *testing.T) {
	w := newWorld(t, nil)
	callback := w.platform.URL + server.CallbackPath
	thief := newBrowser(t, func(address *url.URL) bool { return address.Path == server.CallbackPath })
	stolen := thief.signIn(w.start(), w.ann) // A valid code and state, not used yet.
	if stolen.Path != server.CallbackPath || stolen.Query().Get("code") == "" {
		t.Fatalf("ended at %s", stolen)
	}
	for reason, address := range map[string]string{
		"no cookie": callback + "?" + stolen.RawQuery, "nothing": callback, "refused by the person": callback + "?error=access_denied&state=" + stolen.Query().Get("state"),
	} {
		victim := w.browser(t)
		if at, _ := victim.ask(http.MethodGet, address, nil); at.Query().Get("error") != "sign_in_failed" {
			t.Errorf("%s: ended at %s", reason, at)
		}
		if _, signedIn := victim.session(w.platform.URL); signedIn {
			t.Errorf("%s: signed in", reason)
		}
	}
	victim := newBrowser(t, func(address *url.URL) bool { return !strings.HasPrefix(address.Path, "/api/") })
	victim.ask(http.MethodGet, w.start(), nil) // The victim has a flow of its own.
	if at, _ := victim.ask(http.MethodGet, callback+"?"+stolen.RawQuery, nil); at.Query().Get("error") != "sign_in_failed" {
		t.Errorf("the state of another flow: ended at %s", at)
	}
}

// TestAddressesOutside are not what next leads to.
func TestAddressesOutside(t *testing.T) {
	w := newWorld(t, nil)
	for _, next := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)", "stores"} {
		at := w.browser(t).signIn(w.platform.URL+"/api/v1/auth/oidc/start?provider=test&next="+url.QueryEscape(next), w.ann)
		if at.Path != "/" || !strings.HasSuffix(w.platform.URL, at.Host) {
			t.Errorf("next=%s led to %s", next, at)
		}
	}
}

func TestProviderThatIsAway(t *testing.T) {
	w := newWorld(t, func(config *auth.ProviderConfig) { config.Issuer = "http://127.0.0.1:1/" })
	if at, _ := w.browser(t).ask(http.MethodGet, w.start(), nil); at.Query().Get("error") != "provider_unavailable" {
		t.Errorf("ended at %s", at)
	}
}

// TestBearer sends JWTs of the provider to the API.
func TestBearer(t *testing.T) {
	w := newWorld(t, nil)
	api, web := w.token(t, "api"), w.token(t, "web")
	if status := w.get(t, api); status != http.StatusUnauthorized {
		t.Errorf("of an unknown person, with no address in the token: %d", status)
	}
	w.browser(t).signIn(w.start(), w.ann)
	parts := strings.Split(api, ".")
	unsigned := "eyJhbGciOiJub25lIn0." + parts[1] + "."
	for reason, test := range map[string]struct {
		token  string
		status int
	}{
		"good":              {api, http.StatusOK},
		"another audience":  {web, http.StatusUnauthorized},
		"another signature": {parts[0] + "." + parts[1] + "." + strings.Split(web, ".")[2], http.StatusUnauthorized},
		"no signature":      {unsigned, http.StatusUnauthorized},
		"no JWT":            {"a.b.c", http.StatusUnauthorized},
	} {
		if status := w.get(t, test.token); status != test.status {
			t.Errorf("%s: %d, want %d", reason, status, test.status)
		}
	}
}

// token signs Ann in with another client of the provider, and returns her ID token for it.
func (w world) token(t *testing.T, client string) string {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), w.issuer)
	if err != nil {
		t.Fatal(err)
	}
	config := oauth2.Config{ClientID: client, ClientSecret: "secret", RedirectURL: "http://client.example/back", Scopes: []string{"openid"}, Endpoint: provider.Endpoint()}
	verifier := oauth2.GenerateVerifier()
	at := w.browser(t).signIn(config.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)), w.ann)
	tokens, err := config.Exchange(t.Context(), at.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("exchange the code of %s: %v", at, err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		t.Fatal("no ID token")
	}
	return raw
}

func (w world) get(t *testing.T, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.platform.URL+"/api/v1/stores", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}
