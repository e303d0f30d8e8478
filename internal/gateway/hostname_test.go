package gateway

import (
	"strings"
	"testing"
)

func TestHostname(t *testing.T) {
	cases := map[string]struct{ header, want string }{
		"Plain":            {"demo.shopflow.localhost", "demo.shopflow.localhost"},
		"Port":             {"demo.shopflow.localhost:8080", "demo.shopflow.localhost"},
		"EmptyPort":        {"demo.shopflow.localhost:", "demo.shopflow.localhost"},
		"UpperCase":        {"DEMO.ShopFlow.LocalHost:80", "demo.shopflow.localhost"},
		"TrailingDot":      {"demo.shopflow.localhost.", "demo.shopflow.localhost"},
		"TrailingDotPort":  {"demo.shopflow.localhost.:8080", "demo.shopflow.localhost"},
		"TwoTrailingDots":  {"demo.shopflow.localhost..", ""},
		"Underscore":       {"a_b.example.com", "a_b.example.com"},
		"OneLabel":         {"localhost", "localhost"},
		"Address":          {"127.0.0.1:8080", "127.0.0.1"},
		"Empty":            {"", ""},
		"OnlyPort":         {":8080", ""},
		"OnlyDot":          {".", ""},
		"EmptyLabel":       {"a..b", ""},
		"LeadingDot":       {".example.com", ""},
		"NamedPort":        {"example.com:http", ""},
		"TwoPorts":         {"example.com:80:80", ""},
		"IPv6":             {"[::1]:8080", ""},
		"Wildcard":         {"*.example.com", ""},
		"Space":            {"exa mple.com", ""},
		"Slash":            {"example.com/x", ""},
		"At":               {"user@example.com", ""},
		"International":    {"münchen.example", ""},
		"NullByte":         {"example.com\x00", ""},
		"Longest":          {strings.Repeat("a.", 126) + "a", strings.Repeat("a.", 126) + "a"},
		"TooLong":          {strings.Repeat("a.", 127) + "a", ""},
		"Punycode":         {"xn--mnchen-3ya.example", "xn--mnchen-3ya.example"},
		"TrailingDotUpper": {"EXAMPLE.COM.", "example.com"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := hostname(c.header); got != c.want {
				t.Errorf("hostname(%q) = %q, want %q", c.header, got, c.want)
			}
		})
	}
}

func TestPattern(t *testing.T) {
	cases := map[string]struct{ host, want string }{
		"Name":           {"demo.example.com", "demo.example.com"},
		"UpperCase":      {"Demo.Example.COM", "demo.example.com"},
		"Wildcard":       {"*.example.com", ".example.com"},
		"WildcardOfOne":  {"*.localhost", ".localhost"},
		"Empty":          {"", anyHost},
		"Star":           {"*", ""},
		"StarDot":        {"*.", ""},
		"StarInside":     {"a.*.example.com", ""},
		"DoubleWildcard": {"*.*.example.com", ""},
		"Port":           {"demo.example.com:80", ""},
		"LeadingDot":     {".example.com", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := pattern(c.host); got != c.want {
				t.Errorf("pattern(%q) = %q, want %q", c.host, got, c.want)
			}
		})
	}
}

func FuzzHostname(f *testing.F) {
	for _, seed := range []string{"demo.shopflow.localhost:8080", "A.B.", "[::1]:80", "*.x", "a..b", "münchen.example", ":", "."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		name := hostname(header)
		if name == "" {
			return
		}
		if again := hostname(name); again != name {
			t.Errorf("hostname(%q) = %q, but of that %q", header, name, again)
		}
		if strings.ToLower(name) != name || strings.ContainsAny(name, ":*/@[] ") || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") {
			t.Errorf("hostname(%q) = %q is no plain name", header, name)
		}
		if !strings.HasPrefix(strings.ToLower(header), name) {
			t.Errorf("hostname(%q) = %q is not what the header begins with", header, name)
		}
		if pattern(name) != name {
			t.Errorf("pattern(%q) = %q: a host that cannot be claimed", name, pattern(name))
		}
	})
}
