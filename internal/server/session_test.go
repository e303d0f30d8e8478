package server_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/audit"
	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/server"
	"shopflow.dev/shopflow/internal/server/servertest"
)

// page is what a browser has open: it keeps cookies.
type page struct {
	platform *servertest.Platform
	client   *http.Client
}

func newPage(t *testing.T, platform *servertest.Platform) page {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return page{platform: platform, client: &http.Client{Jar: jar}}
}

// ask sends a request as the page does, with more headers if given as pairs, and checks the status.
func (p page) ask(t *testing.T, method, path, body string, want int, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.platform.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := p.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != want {
		t.Fatalf("%s %s answered %d, want %d: %s", method, path, answer.StatusCode, want, content)
	}
	return answer, string(content)
}

// changed gives another value with one character changed. It is not the last one, some bits of which mean nothing in Base64.
func changed(value string) string {
	middle, other := len(value)/2, "A"
	if value[middle:middle+1] == other {
		other = "B"
	}
	return value[:middle] + other + value[middle+1:]
}

const credentials = `{"email":"ann@example.com","password":"` + servertest.Password + `"}`

func TestSessionOfABrowser(t *testing.T) {
	platform := servertest.New(t, servertest.Options{})
	user := platform.User(t, "ann@example.com", auth.Merchant)
	p := newPage(t, platform)
	p.ask(t, "POST", "/api/v1/session", `{"email":"ann@example.com","password":"wrong password"}`, http.StatusUnauthorized)
	answer, _ := p.ask(t, "POST", "/api/v1/session", credentials, http.StatusOK)
	cookie := answer.Cookies()[0]
	if cookie.Name != "shopflow_session" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge <= 0 {
		t.Errorf("cookie %+v", cookie)
	}
	_, body := p.ask(t, "GET", "/api/v1/session", "", http.StatusOK)
	var session server.Session
	if err := json.Unmarshal([]byte(body), &session); err != nil || session.User.ID != user.ID || strings.Contains(body, "argon2") {
		t.Errorf("session %s: %v", body, err)
	}
	p.ask(t, "GET", "/api/v1/session", "", http.StatusUnauthorized, "Authorization", "Bearer sft_wrong")

	for reason, value := range map[string]string{"changed": changed(cookie.Value), "empty": "", "no seal": "abc"} {
		newPage(t, platform).ask(t, "GET", "/api/v1/session", "", http.StatusUnauthorized, "Cookie", "shopflow_session="+value, "X-Reason", reason)
	}
	newPage(t, platform).ask(t, "GET", "/api/v1/session", "", http.StatusUnauthorized, "Cookie", "shopflow_session=x; shopflow_session="+cookie.Value)
	newPage(t, platform).ask(t, "GET", "/api/v1/session", "", http.StatusOK, "Cookie", "shopflow_session="+cookie.Value)

	p.ask(t, "DELETE", "/api/v1/session", "", http.StatusNoContent)
	newPage(t, platform).ask(t, "GET", "/api/v1/session", "", http.StatusUnauthorized, "Cookie", "shopflow_session="+cookie.Value)
	if log := platform.Log.String(); strings.Contains(log, servertest.Password) || strings.Contains(log, cookie.Value) {
		t.Errorf("the log shows a secret: %s", log)
	}
}

// TestOtherSitesCannotAct sends what a browser sends for a page of another site, and of another host of this site, such as a store's.
func TestOtherSitesCannotAct(t *testing.T) {
	platform := servertest.New(t, servertest.Options{})
	platform.User(t, "ann@example.com", auth.Merchant)
	p := newPage(t, platform)
	p.ask(t, "POST", "/api/v1/session", credentials, http.StatusOK)
	for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
		for _, operation := range []string{"POST /api/v1/stores", "DELETE /api/v1/session", "POST /api/v1/session", "POST /api/v1/users", "POST /api/v1/tokens", "PATCH /api/v1/account"} {
			method, path, _ := strings.Cut(operation, " ")
			if _, body := p.ask(t, method, path, "{}", http.StatusForbidden, header[0], header[1]); !strings.Contains(body, "cross_origin") {
				t.Errorf("%s with %s: %s", operation, header, body)
			}
		}
	}
	// A link to a password would show it, and the audit log would say that it was wanted.
	reveal := "/api/v1/stores/hers/credentials"
	p.ask(t, "GET", reveal, "", http.StatusForbidden, "Sec-Fetch-Site", "same-site")
	p.ask(t, "GET", reveal, "", http.StatusForbidden, "Sec-Fetch-Site", "cross-site")
	p.ask(t, "GET", reveal, "", http.StatusNotFound, "Sec-Fetch-Site", "none")
	p.ask(t, "GET", "/api/v1/session", "", http.StatusOK, "Sec-Fetch-Site", "same-origin")
	p.ask(t, "DELETE", "/api/v1/session", "", http.StatusNoContent, "Sec-Fetch-Site", "same-origin")
}

func TestSignUp(t *testing.T) {
	platform := servertest.New(t, servertest.Options{})
	p := newPage(t, platform)
	p.ask(t, "POST", "/api/v1/users", `{"email":"ann@example.com","password":"`+servertest.Password+`","role":"admin"}`, http.StatusForbidden)
	p.ask(t, "POST", "/api/v1/users", credentials, http.StatusCreated)
	if _, body := p.ask(t, "GET", "/api/v1/session", "", http.StatusOK); !strings.Contains(body, `"role":"merchant"`) {
		t.Errorf("signed up and in as %s", body)
	}
	p.ask(t, "POST", "/api/v1/users", `{"email":"bob@example.com","password":"`+servertest.Password+`"}`, http.StatusForbidden)
	newPage(t, platform).ask(t, "POST", "/api/v1/users", credentials, http.StatusConflict)
	carol := `{"email":"carol@example.com","password":"` + servertest.Password + `"}`
	newPage(t, platform).ask(t, "POST", "/api/v1/users", carol, http.StatusUnauthorized, "Authorization", "Bearer sft_expired")
	closed := servertest.New(t, servertest.Options{NoSignUp: true})
	if _, body := newPage(t, closed).ask(t, "POST", "/api/v1/users", credentials, http.StatusForbidden); !strings.Contains(body, "sign_up_closed") {
		t.Error(body)
	}
	newPage(t, closed).ask(t, "POST", "/api/v1/users", credentials, http.StatusCreated, "Authorization", "Bearer "+servertest.Token)
}

func TestLockedAddressSaysWhenToComeBack(t *testing.T) {
	platform := servertest.New(t, servertest.Options{})
	p := newPage(t, platform)
	for range 5 {
		p.ask(t, "POST", "/api/v1/session", credentials, http.StatusUnauthorized)
	}
	answer, body := p.ask(t, "POST", "/api/v1/session", credentials, http.StatusTooManyRequests)
	if got := answer.Header.Get("Retry-After"); got != "60" || !strings.Contains(body, "too_many_attempts") {
		t.Errorf("Retry-After %q: %s", got, body)
	}
}

func TestUserWithStoresStays(t *testing.T) {
	a := newAccess(t)
	p := newPage(t, a.platform)
	admin := []string{"Authorization", "Bearer " + servertest.Token}
	hers := newPage(t, a.platform)
	hers.ask(t, "POST", "/api/v1/session", credentials, http.StatusOK)
	if _, body := p.ask(t, "DELETE", "/api/v1/users/"+a.ann.ID, "", http.StatusConflict, admin...); !strings.Contains(body, "user_owns_stores") {
		t.Error(body)
	}
	if _, body := p.ask(t, "GET", "/api/v1/users/"+a.ann.ID, "", http.StatusOK, admin...); !strings.Contains(body, `"disabled":false`) {
		t.Errorf("not as before: %s", body)
	}
	hers.ask(t, "GET", "/api/v1/session", "", http.StatusOK)
	p.ask(t, "DELETE", "/api/v1/users/"+a.bob.ID, "", http.StatusNoContent, admin...)
	p.ask(t, "GET", "/api/v1/users/"+a.bob.ID, "", http.StatusNotFound, admin...)
}

// TestStrangersDoNotFillTheLog does what anybody can do without an account, again and again.
func TestStrangersDoNotFillTheLog(t *testing.T) {
	platform := servertest.New(t, servertest.Options{})
	p := newPage(t, platform)
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for range 10 {
		p.ask(t, "GET", "/api/v1/auth/oidc/callback?state=x&code=y", "", http.StatusFound)
		p.ask(t, "POST", "/api/v1/users", `{"email":"me"}`, http.StatusUnprocessableEntity)
	}
	for range 5 {
		p.ask(t, "POST", "/api/v1/session", `{"email":"oops my password","password":"x"}`, http.StatusUnauthorized)
	}
	for range 5 {
		p.ask(t, "POST", "/api/v1/session", `{"email":"oops my password","password":"x"}`, http.StatusTooManyRequests)
	}
	entries, err := platform.Audit.List(t.Context(), audit.Filter{}, 0, 100)
	if err != nil || len(entries) != 5 {
		t.Fatalf("%d entries: %v", len(entries), err)
	}
	for _, entry := range entries {
		if entry.Target != "" {
			t.Errorf("the log shows %q", entry.Target)
		}
	}
}

// TestActsAreRecorded looks at what the log says of acts, and that credentials are not shown where it cannot say it.
func TestActsAreRecorded(t *testing.T) {
	a := newAccess(t)
	p := newPage(t, a.platform)
	hers := []string{"Authorization", "Bearer " + a.platform.UserToken(t, a.ann, auth.Merchant.Scopes()...), "X-Forwarded-For", "6.6.6.6, 203.0.113.7"}
	his := []string{"Authorization", "Bearer " + a.platform.UserToken(t, a.bob, auth.Merchant.Scopes()...)}
	p.ask(t, "DELETE", "/api/v1/stores/hers", "", http.StatusNotFound, his...)
	p.ask(t, "DELETE", "/api/v1/stores/hers", "", http.StatusAccepted, hers...)
	p.ask(t, "POST", "/api/v1/session", `{"email":"bob@example.com","password":"my secret word"}`, http.StatusUnauthorized)
	entries, err := a.platform.Audit.List(t.Context(), audit.Filter{}, 0, 10)
	if err != nil || len(entries) != 3 {
		t.Fatalf("entries %+v: %v", entries, err)
	}
	for i, want := range []audit.Entry{
		{ActorID: "", Action: "session.create", Target: "bob@example.com", Outcome: audit.Refused, Client: "127.0.0.1"},
		{ActorID: a.ann.ID, ActorEmail: a.ann.Email, Action: "store.delete", Target: "hers", Outcome: audit.Done, Client: "203.0.113.7"},
		{ActorID: a.bob.ID, ActorEmail: a.bob.Email, Action: "store.delete", Target: "hers", Outcome: audit.Refused, Client: "127.0.0.1"},
	} {
		got := entries[i]
		if got.RequestID == "" || got.At.IsZero() {
			t.Errorf("entry without request or time: %+v", got)
		}
		got.ID, got.At, got.RequestID = 0, want.At, ""
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	_, first := p.ask(t, "GET", "/api/v1/audit?limit=2", "", http.StatusOK, "Authorization", "Bearer "+servertest.Token)
	var list server.AuditList
	if err := json.Unmarshal([]byte(first), &list); err != nil || len(list.Items) != 2 || list.Continue == "" {
		t.Fatalf("first page %s: %v", first, err)
	}
	_, second := p.ask(t, "GET", "/api/v1/audit?limit=2&continue="+list.Continue, "", http.StatusOK, "Authorization", "Bearer "+servertest.Token)
	list = server.AuditList{}
	if err := json.Unmarshal([]byte(second), &list); err != nil || len(list.Items) != 1 || list.Continue != "" {
		t.Errorf("second page %s: %v", second, err)
	}
}

func TestCredentialsAreNotShownUnrecorded(t *testing.T) {
	store := aStore("demo", func(s *v1alpha1.Store) {
		s.Status = v1alpha1.StoreStatus{Namespace: "store-abc", URL: "http://demo.example", AdminURL: "http://demo.example/app"}
	})
	platform := servertest.New(t, with(store, credentialsOf("store-abc")))
	platform.Audit.Fail(errors.New("the database is away"))
	_, body := newPage(t, platform).ask(t, "GET", "/api/v1/stores/demo/credentials", "", http.StatusInternalServerError, "Authorization", "Bearer "+servertest.Token)
	if strings.Contains(body, "open-sesame") {
		t.Errorf("shown: %s", body)
	}
}

func credentialsOf(namespace string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "store-credentials"}, Data: map[string][]byte{
		"admin-email": []byte("me@example.com"), "admin-password": []byte("open-sesame"),
	}}
}
