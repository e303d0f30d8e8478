package e2e

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

func TestBadInputLeavesNothing(t *testing.T) {
	p := connect(t)
	before := p.names(t)
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"EmptyName":       {[]string{""}, 1, "name"},
		"NoName":          {nil, 2, ""},
		"LongName":        {[]string{strings.Repeat("a", 41)}, 1, "40"},
		"UpperCase":       {[]string{"Shop"}, 1, "case letters"},
		"Punycode":        {[]string{"xn--shop"}, 1, "xn--"},
		"LeadingHyphen":   {[]string{"--", "-a"}, 1, "letter"},
		"TrailingHyphen":  {[]string{"a-"}, 1, "letter"},
		"Dot":             {[]string{"a.b"}, 1, "letters"},
		"ReservedWWW":     {[]string{"www"}, 1, "reserved"},
		"ReservedAPI":     {[]string{"api"}, 1, "reserved"},
		"ReservedAdmin":   {[]string{"admin"}, 1, "reserved"},
		"ReservedOwn":     {[]string{"shopflow"}, 1, "reserved"},
		"UnknownEngine":   {[]string{"bad-input", "--engine", "shopware"}, 1, "medusa"},
		"UnknownPlan":     {[]string{"bad-input", "--plan", "huge"}, 1, "small"},
		"LongDisplayName": {[]string{"bad-input", "--display-name", strings.Repeat("é", 81)}, 1, "80"},
		"ControlInName":   {[]string{"bad-input", "--display-name", "a\x07b"}, 1, "control"},
		"BadEmail":        {[]string{"bad-input", "--admin-email", "no-address"}, 1, "mail"},
		"UnknownFlag":     {[]string{"bad-input", "--color", "red"}, 2, "color"},
		"UnknownOutput":   {[]string{"bad-input", "-o", "xml"}, 2, "json"},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"store", "create"}
			if !strings.Contains(strings.Join(test.args, " "), "--engine") {
				args = append(args, "--engine", "medusa")
			}
			stdout, stderr, code := p.shopflow(t, append(args, test.args...)...)
			if code != test.code {
				t.Errorf("ended with %d, want %d", code, test.code)
			}
			if stdout != "" || !strings.Contains(strings.ToLower(stderr), strings.ToLower(test.says)) || strings.Contains(stderr, "goroutine") {
				t.Errorf("said %q and %q, want a clear error that names %q", stdout, stderr, test.says)
			}
		})
	}
	for name, test := range map[string]struct {
		body   io.Reader
		status int
	}{
		"TwoMegabytes": {strings.NewReader(`{"name":"` + strings.Repeat("a", 2<<20) + `"}`), http.StatusRequestEntityTooLarge},
		"BrokenJSON":   {strings.NewReader(`{"name":"bad-input",`), http.StatusBadRequest},
		"UnknownField": {strings.NewReader(`{"name":"bad-input","engine":"medusa","color":"red"}`), http.StatusBadRequest},
		"WrongType":    {strings.NewReader(`{"name":7,"engine":"medusa"}`), http.StatusBadRequest},
		"Empty":        {strings.NewReader(``), http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			status, contentType, answer := p.post(t.Context(), t, test.body, p.token(t))
			if status != test.status || contentType != "application/problem+json" || !strings.Contains(answer, `"code"`) {
				t.Errorf("got %d %s %.300s; want a problem with %d", status, contentType, answer, test.status)
			}
		})
	}
	t.Run("NoToken", func(t *testing.T) {
		if status, _, answer := p.post(t.Context(), t, strings.NewReader(`{"name":"bad-input","engine":"medusa"}`), "wrong"); status != http.StatusUnauthorized {
			t.Errorf("got %d %.300s", status, answer)
		}
	})
	for name := range p.names(t) {
		if !before[name] {
			t.Errorf("the bad input left %s", name)
		}
	}
}

// names returns what a store that was refused must not add to: Store objects and namespaces. What other tests deleted may
// still be going.
func (p *platform) names(t *testing.T) map[string]bool {
	t.Helper()
	var stores v1alpha1.StoreList
	var namespaces corev1.NamespaceList
	if err := p.kube.List(t.Context(), &stores); err != nil {
		t.Fatal(err)
	}
	if err := p.kube.List(t.Context(), &namespaces); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, store := range stores.Items {
		names["store "+store.Name] = true
	}
	for _, namespace := range namespaces.Items {
		names["namespace "+namespace.Name] = true
	}
	return names
}

func (p *platform) post(ctx context.Context, t *testing.T, body io.Reader, token string) (status int, contentType, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://shopflow.localhost:"+p.port+"/api/v1/stores", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := p.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Content-Type"), string(content)
}
