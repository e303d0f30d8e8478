package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/server"
	"shopflow.dev/shopflow/internal/server/servertest"
)

// request is one request and what its answer must be.
type request struct {
	reason  string
	options servertest.Options
	method  string
	path    string
	body    string
	header  map[string]string // instead of the token and the JSON content type, where given

	status  int
	code    server.ProblemCode // of the problem, if it is one
	fields  []string           // of the problem
	text    string             // part of the answer
	headers map[string]string  // some of the answer's
}

// check sends the request and returns the answer's body.
func (c request) check(t *testing.T) []byte {
	t.Helper()
	platform := servertest.New(t, c.options)
	r, err := http.NewRequestWithContext(t.Context(), c.method, platform.URL+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+servertest.Token)
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != c.status {
		t.Fatalf("%s: answered %d, want %d: %s", c.reason, answer.StatusCode, c.status, body)
	}
	if !strings.Contains(string(body), c.text) {
		t.Errorf("%s: answered %s, without %q", c.reason, body, c.text)
	}
	headers := map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
	maps.Copy(headers, c.headers)
	for name, want := range headers {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", c.reason, name, got, want)
		}
	}
	if strings.Contains(platform.Log.String(), servertest.Token) {
		t.Errorf("%s: the log shows the token", c.reason)
	}
	if c.status >= http.StatusBadRequest {
		c.checkProblem(t, answer, body)
	}
	return body
}

func (c request) checkProblem(t *testing.T, answer *http.Response, body []byte) {
	t.Helper()
	if got := answer.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%s: Content-Type is %q", c.reason, got)
	}
	var problem server.Problem
	if err := json.Unmarshal(body, &problem); err != nil {
		t.Fatal(err)
	}
	if problem.Code != c.code || problem.Status != c.status || problem.Title == "" || problem.Detail == "" {
		t.Errorf("%s: got the problem %+v, want code %s", c.reason, problem, c.code)
	}
	if problem.RequestID == "" || problem.RequestID != answer.Header.Get("X-Request-Id") {
		t.Errorf("%s: the problem's request id is %q, the header's %q", c.reason, problem.RequestID, answer.Header.Get("X-Request-Id"))
	}
	var fields []string
	for _, f := range problem.Errors {
		fields = append(fields, f.Field)
		if f.Message == "" {
			t.Errorf("%s: field %s has no message", c.reason, f.Field)
		}
	}
	if diff := cmp.Diff(c.fields, fields); diff != "" {
		t.Errorf("%s: fields differ (-want +got):\n%s", c.reason, diff)
	}
}

func aStore(name string, change func(*v1alpha1.Store)) *v1alpha1.Store {
	store := &v1alpha1.Store{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: "uid-of-" + "it", CreationTimestamp: metav1.NewTime(servertest.Now().Add(-time.Minute))},
		Spec:       v1alpha1.StoreSpec{Engine: "medusa", Plan: v1alpha1.PlanSmall, Owner: "admin"},
	}
	if change != nil {
		change(store)
	}
	return store
}

func with(objects ...client.Object) servertest.Options { return servertest.Options{Objects: objects} }

func TestEveryRequestNeedsTheToken(t *testing.T) {
	denied := map[string]string{"WWW-Authenticate": `Bearer realm="shopflow"`}
	for name, token := range map[string]string{
		"Missing": "", "Empty": "Bearer ", "Wrong": "Bearer token-for-tests-0123456788", "Prefix": "Bearer token-for-tests",
		"OtherScheme": "Basic " + servertest.Token, "NoScheme": servertest.Token,
	} {
		for _, path := range []string{
			"GET /api/v1/stores", "POST /api/v1/stores", "GET /api/v1/stores/demo", "DELETE /api/v1/stores/demo",
			"GET /api/v1/stores/demo/credentials", "GET /api/v1/engines", "GET /api/v1/events", "GET /metrics", "GET /nowhere", "PUT /api/v1/stores",
		} {
			method, path, _ := strings.Cut(path, " ")
			t.Run(name+" "+method+" "+path, func(t *testing.T) {
				request{
					reason: "nothing is open", method: method, path: path, header: map[string]string{"Authorization": token},
					status: http.StatusUnauthorized, code: server.ProblemCodeUnauthorized, headers: denied,
				}.check(t)
			})
		}
	}
}

func TestRequests(t *testing.T) {
	none := map[string]string{"Authorization": ""}
	kind := schema.GroupKind{Group: v1alpha1.GroupName, Kind: "Store"}
	broken := servertest.Options{Funcs: interceptor.Funcs{Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
		return errors.New("something secret")
	}}}
	away := servertest.Options{Funcs: interceptor.Funcs{Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
		return apierrors.NewServiceUnavailable("etcd is away")
	}}}
	panics := servertest.Options{Funcs: interceptor.Funcs{Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
		panic("a bug") //nolint:forbidigo // what is tested
	}}}
	refuses := servertest.Options{Funcs: interceptor.Funcs{Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
		return apierrors.NewInvalid(kind, "demo", field.ErrorList{
			field.Invalid(field.NewPath("spec", "displayName"), "x", "displayName must not be that"),
			field.Invalid(nil, "object", "name is reserved; choose another"),
		})
	}}}
	for name, test := range map[string]request{
		"Health":    {reason: "open to probes", path: "/healthz", header: none, status: 200, text: "ok"},
		"Ready":     {reason: "open to probes", path: "/readyz", header: none, status: 200, text: "ok"},
		"NotReady":  {reason: "events would be missing", options: servertest.Options{NotSynced: true}, path: "/readyz", header: none, status: 503, code: server.ProblemCodeNotReady, headers: map[string]string{"Retry-After": "1"}},
		"OpenAPI":   {reason: "the contract is public", path: "/openapi.yaml", header: none, status: 200, text: "openapi: 3.1.0", headers: map[string]string{"Content-Type": "application/yaml"}},
		"Metrics":   {reason: "counts stores", options: with(aStore("a", nil)), path: "/metrics", status: 200, text: `shopflow_stores{state="Provisioning"} 1`},
		"Nowhere":   {reason: "no plain text", path: "/api/v1/nowhere", status: 404, code: server.ProblemCodeNotFound},
		"Root":      {reason: "no plain text", path: "/", status: 404, code: server.ProblemCodeNotFound},
		"Method":    {reason: "says what is allowed", method: "PUT", path: "/api/v1/stores", status: 405, code: server.ProblemCodeMethodNotAllowed, headers: map[string]string{"Allow": "GET, HEAD, POST"}},
		"ListEmpty": {reason: "an empty list, not null", path: "/api/v1/stores", status: 200, text: `{"items":[],"total":0}`, headers: map[string]string{"Cache-Control": "private, no-cache"}},
		"ListPage":  {reason: "a page, and where the next begins", options: with(aStore("a", nil), named("b")), path: "/api/v1/stores?limit=1&engine=medusa&state=Provisioning&owner=admin&q=", status: 200, text: `"continue":"YQ"`, headers: map[string]string{"Cache-Control": "private, no-cache"}},
		"ListNext":  {reason: "the next page", options: with(aStore("a", nil), named("b")), path: "/api/v1/stores?limit=1&continue=YQ", status: 200, text: `"name":"b"`, headers: map[string]string{"Cache-Control": "private, no-cache"}},
		"ListMany":  {reason: "pages are bounded", path: "/api/v1/stores?limit=501", status: 422, code: server.ProblemCodeValidationFailed, fields: []string{"limit"}, text: "at most 500"},
		"ListLess":  {reason: "a page has something", path: "/api/v1/stores?limit=-1", status: 422, code: server.ProblemCodeValidationFailed, fields: []string{"limit"}},
		"ListState": {reason: "an empty list would be a lie", path: "/api/v1/stores?state=failed", status: 422, code: server.ProblemCodeValidationFailed, fields: []string{"state"}, text: "Provisioning, Ready, Degraded, Failed, DataLost, Deleting"},
		"ListLost":  {reason: "what was not said here", path: "/api/v1/stores?continue=%21", status: 400, code: server.ProblemCodeInvalidContinue},
		"ListEarly": {reason: "an empty list would be a lie", options: servertest.Options{NotSynced: true}, path: "/api/v1/stores", status: 503, code: server.ProblemCodeNotReady},

		"GetError":  {reason: "no inner text for people", options: broken, path: "/api/v1/stores/a", status: 500, code: server.ProblemCodeInternal},
		"GetAway":   {reason: "worth another try", options: away, path: "/api/v1/stores/a", status: 503, code: server.ProblemCodeUnavailable, headers: map[string]string{"Retry-After": "1"}},
		"Panic":     {reason: "a bug costs one request", options: panics, path: "/api/v1/stores/a", status: 500, code: server.ProblemCodeInternal},
		"RequestID": {reason: "a valid id is kept", path: "/api/v1/plans", header: map[string]string{"X-Request-Id": "abc-1"}, status: 200, headers: map[string]string{"X-Request-Id": "abc-1"}},

		"GetNone":     {reason: "clear", path: "/api/v1/stores/none", status: 404, code: server.ProblemCodeStoreNotFound, text: `There is no store named \"none\"`},
		"GetBadName":  {reason: "no name goes into a path unchecked", path: "/api/v1/stores/..%2F..%2Fapi", status: 404, code: server.ProblemCodeStoreNotFound},
		"DeleteNone":  {reason: "clear", method: "DELETE", path: "/api/v1/stores/none", status: 404, code: server.ProblemCodeStoreNotFound},
		"Create":      {reason: "made", method: "POST", path: "/api/v1/stores", body: `{"name":"demo","engine":"medusa"}`, status: 201, text: `"state":"Provisioning"`, headers: map[string]string{"Location": "/api/v1/stores/demo"}},
		"CreateAgain": {reason: "idempotent", options: with(aStore("demo", nil)), method: "POST", path: "/api/v1/stores", body: `{"name":"demo","engine":"medusa","plan":"small"}`, status: 200, text: `"uid":"uid-of-it"`},
		"CreateOther": {reason: "says what differs", options: with(aStore("demo", nil)), method: "POST", path: "/api/v1/stores", body: `{"name":"demo","engine":"medusa","plan":"large","displayName":"x"}`, status: 409, code: server.ProblemCodeStoreConflict, text: "a different plan, display name"},
		"CreateGoing": {reason: "not the same store", options: with(aStore("demo", going)), method: "POST", path: "/api/v1/stores", body: `{"name":"demo","engine":"medusa"}`, status: 409, code: server.ProblemCodeStoreDeleting, text: "still being deleted"},
		"NoEngine":    {reason: "says why, and what to do", method: "POST", path: "/api/v1/stores", body: `{"name":"demo","engine":"woocommerce"}`, status: 422, code: server.ProblemCodeEngineUnavailable, text: "its archive is missing: put it into .shopflow/sources"},
		"NoVersion":   {reason: "says what there is", method: "POST", path: "/api/v1/stores", body: `{"name":"demo","engine":"medusa","version":"1.0.0"}`, status: 422, code: server.ProblemCodeEngineUnavailable, text: "2.21.2 is"},
		"Engines":     {reason: "every one, with the reason", path: "/api/v1/engines", status: 200, text: `"description":"WordPress with a shop.","keys":[],"name":"woocommerce","reason":"its archive is missing: put it into .shopflow/sources","title":"WooCommerce"}]}`},
		"Refused":     {reason: "the API server has the last word", options: refuses, method: "POST", path: "/api/v1/stores", body: `{"name":"demo","engine":"medusa"}`, status: 422, code: server.ProblemCodeValidationFailed, fields: []string{"displayName", "name"}, text: `"message":"displayName must not be that"`},
		"BadName":     {reason: "clear", method: "POST", path: "/api/v1/stores", body: `{"name":"Demo","engine":"medusa"}`, status: 422, code: server.ProblemCodeValidationFailed, fields: []string{"name"}, text: "lowercase"},
		"BadAll":      {reason: "all at once", method: "POST", path: "/api/v1/stores", body: `{"engine":"x","plan":"y","version":"z","displayName":"\u0000","adminEmail":"me"}`, status: 422, code: server.ProblemCodeValidationFailed, fields: []string{"name", "engine", "plan", "version", "displayName", "adminEmail"}},

		"BodyEmpty":    {reason: "clear", method: "POST", path: "/api/v1/stores", header: map[string]string{"Content-Type": "application/json"}, status: 400, code: server.ProblemCodeMalformedBody, text: "empty"},
		"BodyBroken":   {reason: "clear", method: "POST", path: "/api/v1/stores", body: `{"name":`, status: 400, code: server.ProblemCodeMalformedBody, text: "not valid JSON"},
		"BodyHTML":     {reason: "clear", method: "POST", path: "/api/v1/stores", body: `<html>`, status: 400, code: server.ProblemCodeMalformedBody, text: "not valid JSON"},
		"BodyTwo":      {reason: "nothing is ignored", method: "POST", path: "/api/v1/stores", body: `{"name":"demo","engine":"medusa"}{}`, status: 400, code: server.ProblemCodeMalformedBody, text: "continues after"},
		"BodyUnknown":  {reason: "a typing error is not ignored", method: "POST", path: "/api/v1/stores", body: `{"name":"demo","engine":"medusa","plann":"small"}`, status: 400, code: server.ProblemCodeMalformedBody, fields: []string{"plann"}},
		"BodyType":     {reason: "says which field", method: "POST", path: "/api/v1/stores", body: `{"name":7}`, status: 400, code: server.ProblemCodeMalformedBody, fields: []string{"name"}},
		"BodyArray":    {reason: "clear", method: "POST", path: "/api/v1/stores", body: `[]`, status: 400, code: server.ProblemCodeMalformedBody, text: "object"},
		"BodyTooLarge": {reason: "2 MB", method: "POST", path: "/api/v1/stores", body: `{"name":"` + strings.Repeat("a", 2<<20) + `"}`, status: 413, code: server.ProblemCodeBodyTooLarge, text: "64 KiB"},
		"BodyTrailing": {reason: "2 MB of blanks behind", method: "POST", path: "/api/v1/stores", body: `{"name":"demo","engine":"medusa"}` + strings.Repeat(" ", 2<<20), status: 413, code: server.ProblemCodeBodyTooLarge},
		"BodyForm":     {reason: "no form of another site can be sent", method: "POST", path: "/api/v1/stores", body: `{}`, header: map[string]string{"Content-Type": "text/plain"}, status: 415, code: server.ProblemCodeUnsupportedMediaType},

		"CredentialsNone":  {reason: "clear", path: "/api/v1/stores/none/credentials", status: 404, code: server.ProblemCodeStoreNotFound},
		"CredentialsEarly": {reason: "not made yet", options: with(aStore("demo", nil)), path: "/api/v1/stores/demo/credentials", status: 409, code: server.ProblemCodeCredentialsNotReady},
		"CredentialsGoing": {reason: "being deleted", options: with(aStore("demo", going)), path: "/api/v1/stores/demo/credentials", status: 409, code: server.ProblemCodeStoreDeleting},
		"EventsEarly":      {reason: "the snapshot would be short", options: servertest.Options{NotSynced: true}, path: "/api/v1/events", status: 503, code: server.ProblemCodeNotReady},
	} {
		t.Run(name, func(t *testing.T) {
			if test.method == "" {
				test.method = http.MethodGet
			}
			body := test.check(t)
			if strings.Contains(string(body), "something secret") || strings.Contains(string(body), "a bug") {
				t.Errorf("the answer shows what is inside: %s", body)
			}
		})
	}
}

func going(store *v1alpha1.Store) {
	now := metav1.NewTime(servertest.Now())
	store.DeletionTimestamp = &now
	store.Finalizers = []string{"shopflow.dev/store"}
}

func TestHostileTextIsStoredAsText(t *testing.T) {
	for _, text := range []string{`Tom's "Best" <script>alert(1)</script>`, "$(reboot) `id` ${HOME} %s", "two\nlines", "🛍️ Läden 店", `\u0022};--`} {
		t.Run(text, func(t *testing.T) {
			body, err := json.Marshal(map[string]string{"name": "demo", "engine": "medusa", "displayName": text})
			if err != nil {
				t.Fatal(err)
			}
			var store server.Store
			answer := request{reason: text, method: http.MethodPost, path: "/api/v1/stores", body: string(body), status: 201}.check(t)
			if err := json.Unmarshal(answer, &store); err != nil {
				t.Fatal(err)
			}
			if store.DisplayName != text {
				t.Errorf("got %q, want %q", store.DisplayName, text)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	store := aStore("demo", func(s *v1alpha1.Store) {
		s.Status = v1alpha1.StoreStatus{Namespace: "store-abc", URL: "http://demo.example", AdminURL: "http://demo.example/app"}
	})
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "store-abc", Name: "store-credentials"}, Data: map[string][]byte{
		"admin-email": []byte("me@example.com"), "admin-password": []byte("pass"), "publishable-key": []byte("pk_1"), "jwt-secret": []byte("never"),
	}}
	body := request{reason: "made", options: with(store, secret), method: http.MethodGet, path: "/api/v1/stores/demo/credentials", status: 200}.check(t)
	want := `{"adminUrl":"http://demo.example/app","email":"me@example.com","keys":[{"name":"publishable-key","title":"Publishable key","value":"pk_1"}],"password":"pass","publishableKey":"pk_1","url":"http://demo.example"}` + "\n"
	if diff := cmp.Diff(want, string(body)); diff != "" {
		t.Errorf("credentials differ (-want +got):\n%s", diff)
	}
	request{reason: "the Secret is not there yet", options: with(store), method: http.MethodGet, path: "/api/v1/stores/demo/credentials", status: 409, code: server.ProblemCodeCredentialsNotReady}.check(t)
}
