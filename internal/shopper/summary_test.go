package shopper

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSummarize(t *testing.T) {
	cases := map[string]struct{ answer, want string }{
		"Plain":        {"Not enough stock", "Not enough stock"},
		"Spaces":       {" a\n\tb\x00c\u202e  d ", "a b c d"},
		"Page":         {"<!doctype html><title>x</title><style>p{}</style><h1>Not ready</h1><p>Try again</p>", "Not ready Try again"},
		"Known":        {"hunter2 is wrong", "[hidden] is wrong"},
		"Password":     {`{"email":"a@b.c","password":"p\"q","x":1}`, `{"email":"a@b.c","password":"[hidden]","x":1}`},
		"CutPassword":  {`{"password":"abc`, `{"password":"[hidden]"`},
		"NestedName":   {`{"resetToken": "abc", "api_key":"def"}`, `{"resetToken": "[hidden]", "api_key":"[hidden]"}`},
		"Query":        {"GET /reset?token=abc&x=1", "GET /reset?token=[hidden]&x=1"},
		"Bearer":       {"Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"},
		"Key":          {"key pk_0123456789abcdef is unknown", "key [hidden] is unknown"},
		"WebToken":     {"got eyJhbGciOi.eyJzdWIiOi.c2ln here", "got [hidden] here"},
		"NotUTF8":      {"a\xff\xfeb", "a b"},
		"Empty":        {"", ""},
		"Postgres":     {`password authentication failed for user "medusa"`, `password authentication failed for user "medusa"`},
		"LessThanSign": {"1 < 2", "1 < 2"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := summarize([]byte(c.answer), []string{"hunter2", ""}); got != c.want {
				t.Errorf("summarize(%q) = %q, want %q", c.answer, got, c.want)
			}
		})
	}
}

func TestSummariesAreShort(t *testing.T) {
	for _, answer := range []string{strings.Repeat("ä", 1000), strings.Repeat("long ", 100_000)} {
		got := summarize([]byte(answer), nil)
		if n := utf8.RuneCountInString(got); n > maxSummary || n < maxSummary/2 || !strings.HasSuffix(got, "…") {
			t.Errorf("%d characters: %q", n, got)
		}
	}
}

func TestDialAddress(t *testing.T) {
	cases := map[string]struct{ address, override, want string }{
		"Localhost":      {"demo.shopflow.localhost:8080", "", "127.0.0.1:8080"},
		"OtherCase":      {"Demo.LOCALHOST.:80", "", "127.0.0.1:80"},
		"JustLocalhost":  {"localhost:80", "", "127.0.0.1:80"},
		"NotLocalhost":   {"notlocalhost:80", "", "notlocalhost:80"},
		"Public":         {"shop.example.com:443", "", "shop.example.com:443"},
		"Override":       {"demo.shopflow.localhost:8080", "shopflow-gateway:80", "shopflow-gateway:80"},
		"OverridePublic": {"shop.example.com:443", "10.0.0.1:80", "10.0.0.1:80"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := dialAddress(c.address, c.override); got != c.want {
				t.Errorf("dialAddress(%q, %q) = %q, want %q", c.address, c.override, got, c.want)
			}
		})
	}
}
