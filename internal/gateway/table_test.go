package gateway

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookupPaths(t *testing.T) {
	rules := []rule{
		{path: "", endpoints: []string{"root"}},
		{path: "/api", endpoints: []string{"api"}},
		{path: "/api/v1", endpoints: []string{"v1"}},
		{path: "/api/v1", exact: true, endpoints: []string{"exact"}},
		{path: "/only", exact: true, endpoints: []string{"only"}},
		{path: "/slash/", exact: true, endpoints: []string{"slash"}},
	}
	cases := map[string]struct{ path, want string }{
		"Root":                   {"/", "root"},
		"EmptyPath":              {"", "root"},
		"Asterisk":               {"*", ""},
		"Anything":               {"/products/mug", "root"},
		"Prefix":                 {"/api", "api"},
		"PrefixSlash":            {"/api/", "api"},
		"PrefixElement":          {"/api/v2", "api"},
		"NotAnElement":           {"/apis", "root"},
		"ExactBeforePrefix":      {"/api/v1", "exact"},
		"LongestPrefix":          {"/api/v1/stores", "v1"},
		"ExactIsNotPrefix":       {"/only/more", "root"},
		"ExactKeepsItsSlash":     {"/slash", "root"},
		"ExactWithSlash":         {"/slash/", "slash"},
		"PathsAreCaseSensitive":  {"/API", "root"},
		"DotsAreNotResolvedHere": {"/x/../api", "root"},
	}
	hosts := &table{}
	hosts.set("demo.example.com", rules)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, endpoints, known := hosts.lookup("demo.example.com:8080", c.path)
			got := ""
			if known {
				got = endpoints[0]
			}
			if got != c.want {
				t.Errorf("lookup of %q went to %q, want %q", c.path, got, c.want)
			}
		})
	}
}

func TestLookupHosts(t *testing.T) {
	hosts := &table{}
	to := func(endpoint string) []rule { return []rule{{endpoints: []string{endpoint}}} }
	hosts.set("demo.example.com", to("demo"))
	hosts.set(".example.com", to("wildcard"))
	hosts.set("starting.example.com", []rule{{}})
	hosts.set("partial.example.com", []rule{{path: "/api", endpoints: []string{"partial"}}})
	cases := map[string]struct {
		host  string
		known bool
		want  []string
	}{
		"Exact":                    {"demo.example.com", true, []string{"demo"}},
		"OtherCaseDotAndPort":      {"Demo.Example.Com.:8080", true, []string{"demo"}},
		"Wildcard":                 {"other.example.com", true, []string{"wildcard"}},
		"WildcardIsOneLabel":       {"a.b.example.com", false, nil},
		"WildcardIsNotItsParent":   {"example.com", false, nil},
		"NotReady":                 {"starting.example.com", true, nil},
		"UnknownPath":              {"partial.example.com", false, nil},
		"Unknown":                  {"demo.example.org", false, nil},
		"NoName":                   {"", false, nil},
		"WildcardKeyIsNotAName":    {".example.com", false, nil},
		"WildcardPatternIsNoName":  {"*.example.com", false, nil},
		"OneLabelHasNoParentToAsk": {"localhost", false, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, endpoints, known := hosts.lookup(c.host, "/")
			if known != c.known {
				t.Errorf("known = %t, want %t", known, c.known)
			}
			if diff := cmp.Diff(c.want, endpoints); diff != "" {
				t.Errorf("endpoints (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSetKeepsTheCountersOfAHost(t *testing.T) {
	hosts := &table{}
	hosts.set("demo.example.com", nil)
	before, _, _ := hosts.lookup("demo.example.com", "/")
	before.answers[2].Add(7)
	hosts.set("demo.example.com", []rule{{endpoints: []string{"new"}}})
	after, _, _ := hosts.lookup("demo.example.com", "/")
	if n := after.answers[2].Load(); n != 7 {
		t.Errorf("count = %d, want 7", n)
	}
	hosts.remove("demo.example.com")
	if _, _, known := hosts.lookup("demo.example.com", "/"); known {
		t.Error("a removed host is still known")
	}
}

func BenchmarkLookup(b *testing.B) {
	for _, count := range []int{1, 100, 10_000} {
		hosts := &table{}
		for i := range count {
			hosts.set("store-"+strconv.Itoa(i)+".shopflow.localhost", []rule{{endpoints: []string{"10.244.0.1:9000"}}})
		}
		header := fmt.Sprintf("store-%d.shopflow.localhost:8080", count/2)
		b.Run(strconv.Itoa(count)+"Hosts", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, known := hosts.lookup(header, "/store/products"); !known {
					b.Fatal("host is not known")
				}
			}
		})
	}
}
