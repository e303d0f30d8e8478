package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api"
	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/server"
	"shopflow.dev/shopflow/internal/server/servertest"
)

// who says what the answer to an operation must be for each kind of caller.
type who struct {
	open    bool       // everybody may
	scope   auth.Scope // that a token needs; empty means that any will do
	admin   bool       // only administrators
	session bool       // only browsers may, and no token
	owned   bool       // it is about one store, which other accounts must not see
}

// operations says it for each operation of the contract.
func operations() map[string]who {
	read, write := who{scope: auth.StoresRead, owned: true}, who{scope: auth.StoresWrite, owned: true}
	account, admin := who{scope: auth.Account}, who{scope: auth.Administer, admin: true}
	return map[string]who{
		"GET /healthz": {open: true}, "GET /readyz": {open: true}, "GET /openapi.yaml": {open: true}, "GET /docs/api": {open: true},
		"GET /metrics": admin,

		"POST /api/v1/session": {open: true}, "GET /api/v1/session": {}, "DELETE /api/v1/session": {},
		"GET /api/v1/auth/providers": {open: true}, "GET /api/v1/auth/oidc/start": {open: true}, "GET /api/v1/auth/oidc/callback": {open: true},
		"POST /api/v1/logins": {scope: auth.Account, session: true}, "POST /api/v1/logins/exchange": {open: true},
		"PATCH /api/v1/account": account, "GET /api/v1/tokens": account, "POST /api/v1/tokens": account, "DELETE /api/v1/tokens/{id}": account,

		"POST /api/v1/users": {open: true}, // Signing up; TestSignUp says who may do what.
		"GET /api/v1/users":  admin, "GET /api/v1/users/{id}": admin, "PATCH /api/v1/users/{id}": admin, "DELETE /api/v1/users/{id}": admin,
		"GET /api/v1/audit": admin, "GET /api/v1/admin/capacity": admin,

		"GET /api/v1/engines": {}, "GET /api/v1/plans": {}, "GET /api/v1/platform": {}, "GET /api/v1/names/{name}": {scope: auth.StoresRead},
		"GET /api/v1/events": {scope: auth.StoresRead}, "GET /api/v1/stores": {scope: auth.StoresRead}, "POST /api/v1/stores": {scope: auth.StoresWrite},
		"GET /api/v1/stores/{name}": read, "GET /api/v1/stores/{name}/logs": read, "GET /api/v1/stores/{name}/events": read, "GET /api/v1/stores/{name}/metrics": read,
		"PATCH /api/v1/stores/{name}": write, "DELETE /api/v1/stores/{name}": write, "POST /api/v1/stores/{name}/retry": write, "POST /api/v1/stores/{name}/reset": write,
		"GET /api/v1/stores/{name}/credentials": write, "POST /api/v1/stores/{name}/credentials": write,
	}
}

// TestEveryOperationSaysWhoMayUseIt compares the table with the contract.
func TestEveryOperationSaysWhoMayUseIt(t *testing.T) {
	var contract struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := yaml.Unmarshal(api.OpenAPI(), &contract); err != nil {
		t.Fatal(err)
	}
	var operationsThere []string
	for path, methods := range contract.Paths {
		for method, content := range methods {
			if method == "parameters" {
				continue
			}
			var operation struct {
				Security *[]map[string][]string `json:"security"`
			}
			if err := json.Unmarshal(content, &operation); err != nil {
				t.Fatal(err)
			}
			name := strings.ToUpper(method) + " " + path
			operationsThere = append(operationsThere, name)
			rule, known := operations()[name]
			open := operation.Security != nil && (len(*operation.Security) == 0 || slices.ContainsFunc(*operation.Security, func(s map[string][]string) bool { return len(s) == 0 }))
			if !known || rule.open != open {
				t.Errorf("%s: in the table %t, open there %t, open in the contract %t", name, known, rule.open, open)
			}
		}
	}
	for name := range operations() {
		if !slices.Contains(operationsThere, name) {
			t.Errorf("%s is not in the contract", name)
		}
	}
}

// access is a platform with one store of Ann's and none of Bob's.
type access struct {
	platform *servertest.Platform
	ann, bob auth.User
}

func newAccess(t *testing.T) access {
	t.Helper()
	a := access{platform: servertest.New(t, servertest.Options{})}
	a.ann, a.bob = a.platform.User(t, "ann@example.com", auth.Merchant), a.platform.User(t, "bob@example.com", auth.Merchant)
	store := aStore("hers", func(store *v1alpha1.Store) {
		store.Spec.Owner, store.ResourceVersion, store.Finalizers = a.ann.ID, "", []string{"shopflow.dev/store"} // Deleting takes a while.
	})
	if err := a.platform.Objects.Create(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	return a
}

// ask sends the operation about the store and returns the status and the answer. A stream is left at once.
func (a access) ask(t *testing.T, operation, store, token string) (int, string) {
	t.Helper()
	method, path, _ := strings.Cut(operation, " ")
	path = strings.NewReplacer("{name}", store, "{id}", "00000000-0000-4000-8000-999999999999").Replace(path)
	status, _, content := a.send(t, method+" "+path, func(r *http.Request) {
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
	})
	return status, content
}

// send sends a request with an empty object, if it has a body, and the headers that dress gives it.
func (a access) send(t *testing.T, operation string, dress func(*http.Request)) (int, http.Header, string) {
	t.Helper()
	method, path, _ := strings.Cut(operation, " ")
	body := io.Reader(nil)
	if method == http.MethodPost || method == http.MethodPatch {
		body = strings.NewReader("{}")
		switch { // What is wrong in itself is refused before stores are looked at.
		case method == http.MethodPatch && strings.HasPrefix(path, "/api/v1/stores/"):
			body = strings.NewReader(`{"plan":"large"}`)
		case strings.HasSuffix(path, "/reset"):
			body = strings.NewReader(`{"startEmpty":true}`)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), method, a.platform.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Request-Id", "same")
	dress(r)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content := make([]byte, 4096)
	n, _ := answer.Body.Read(content) // The status says enough.
	return answer.StatusCode, answer.Header, string(content[:n])
}

func refused(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// TestAccess asks every operation as everybody who might.
func TestAccess(t *testing.T) {
	for operation, rule := range operations() {
		t.Run(operation, func(t *testing.T) {
			a := newAccess(t)
			if status, body := a.ask(t, operation, "hers", ""); (status == http.StatusUnauthorized) == rule.open && operation != "POST /api/v1/session" {
				t.Errorf("without credentials: %d %s", status, body)
			}
			if status, body := a.ask(t, operation, "hers", servertest.Token); refused(status) != rule.session && operation != "PATCH /api/v1/account" && operation != "POST /api/v1/tokens" && operation != "POST /api/v1/session" {
				t.Errorf("the bootstrap token: %d %s", status, body)
			}
			if rule.open {
				return
			}
			boss := a.platform.User(t, "boss@example.com", auth.Admin)
			if rule.session {
				a.checkSession(t, operation)
				return
			}
			if status, body := a.ask(t, operation, "hers", a.platform.UserToken(t, boss, auth.Admin.Scopes()...)); refused(status) || (rule.owned && strings.Contains(body, "store_not_found")) {
				t.Errorf("an administrator: %d %s", status, body)
			}
			for _, scope := range auth.Merchant.Scopes() {
				want := rule.scope == "" || rule.scope == scope
				if status, body := a.ask(t, operation, "hers", a.platform.UserToken(t, a.bob, scope)); (status != http.StatusForbidden) != want {
					t.Errorf("a token with %s: %d %s", scope, status, body)
				}
			}
			a.checkOwner(t, operation, rule)
		})
	}
}

// checkSession asks with a token of every scope, and with a browser session.
func (a access) checkSession(t *testing.T, operation string) {
	t.Helper()
	if status, body := a.ask(t, operation, "", a.platform.UserToken(t, a.ann, auth.Merchant.Scopes()...)); status != http.StatusForbidden {
		t.Errorf("a token: %d %s", status, body)
	}
	method, path, _ := strings.Cut(operation, " ")
	p := newPage(t, a.platform)
	p.ask(t, "POST", "/api/v1/session", credentials, http.StatusOK)
	p.ask(t, method, path, "{}", http.StatusUnprocessableEntity) // It is asked, and finds nothing in the body.
}

// checkOwner asks as the store's owner, and as another account, for which the store must not exist.
func (a access) checkOwner(t *testing.T, operation string, rule who) {
	t.Helper()
	hers, his := a.platform.UserToken(t, a.ann, auth.Merchant.Scopes()...), a.platform.UserToken(t, a.bob, auth.Merchant.Scopes()...)
	if rule.admin {
		if status, body := a.ask(t, operation, "hers", hers); status != http.StatusForbidden {
			t.Errorf("a merchant: %d %s", status, body)
		}
		return
	}
	if rule.owned {
		status, body := a.ask(t, operation, "hers", his)
		wantStatus, want := a.ask(t, operation, "none", his)
		if status != http.StatusNotFound || wantStatus != http.StatusNotFound || body != strings.ReplaceAll(want, "none", "hers") {
			t.Errorf("another account's store answers %d %s, no store answers %d %s", status, body, wantStatus, want)
		}
	}
	if status, body := a.ask(t, operation, "hers", hers); refused(status) || (rule.owned && strings.Contains(body, "store_not_found")) {
		t.Errorf("the owner: %d %s", status, body)
	}
}

// TestTheOwnerIsTheShopsAdministrator creates stores: their administrator signs in with the address of the account, or with the one
// that was asked for.
func TestTheOwnerIsTheShopsAdministrator(t *testing.T) {
	a := newAccess(t)
	token := a.platform.UserToken(t, a.ann, auth.StoresWrite)
	for body, want := range map[string]string{
		`{"name":"mine","engine":"medusa"}`:                                      a.ann.Email,
		`{"name":"theirs","engine":"medusa","adminEmail":"office@fern.example"}`: "office@fern.example",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.platform.URL+"/api/v1/stores", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var made server.Store
		err = json.NewDecoder(answer.Body).Decode(&made)
		_ = answer.Body.Close()
		if err != nil || made.AdminEmail != want {
			t.Errorf("the administrator is %q (%v), want %q", made.AdminEmail, err, want)
		}
	}
}

// TestOthersStoresAreNotListed lists as the owner, as another account, and as administrators.
func TestOthersStoresAreNotListed(t *testing.T) {
	a := newAccess(t)
	boss := a.platform.User(t, "boss@example.com", auth.Admin)
	for reason, test := range map[string]struct {
		token string
		sees  bool
	}{
		"the owner":        {a.platform.UserToken(t, a.ann, auth.StoresRead), true},
		"another account":  {a.platform.UserToken(t, a.bob, auth.StoresRead), false},
		"an administrator": {a.platform.UserToken(t, boss, auth.StoresRead, auth.Administer), true},
		"an administrator's token for own stores": {a.platform.UserToken(t, boss, auth.StoresRead), false},
		"the bootstrap token":                     {servertest.Token, true},
	} {
		t.Run(reason, func(t *testing.T) {
			if status, body := a.ask(t, "GET /api/v1/stores", "", test.token); status != http.StatusOK || strings.Contains(body, "hers") != test.sees {
				t.Errorf("%d %s", status, body)
			}
		})
	}
}
