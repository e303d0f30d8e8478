package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"shopflow.dev/shopflow/internal/ratelimit"
	"shopflow.dev/shopflow/internal/server"
	"shopflow.dev/shopflow/internal/server/servertest"
)

// TestLimits asks each limited endpoint once more than it may be asked.
func TestLimits(t *testing.T) {
	for operation, path := range map[string]string{
		"signing in":             "POST /api/v1/session",
		"signing up":             "POST /api/v1/users",
		"going to a provider":    "GET /api/v1/auth/oidc/start?provider=none",
		"exchanging a code":      "POST /api/v1/logins/exchange",
		"coming from a provider": "GET /api/v1/auth/oidc/callback",
	} {
		t.Run(operation, func(t *testing.T) {
			twice := ratelimit.Rate{Burst: 2, Every: 90 * time.Second}
			platform := servertest.New(t, servertest.Options{Limits: server.Limits{SignIn: twice, SignUp: twice, Provider: twice, Exchange: twice}})
			for i := range 2 {
				if status, _, body := asClient(t, platform, path, ""); status == http.StatusTooManyRequests {
					t.Fatalf("request %d: %s", i, body)
				}
			}
			status, header, body := asClient(t, platform, path, "")
			if status != http.StatusTooManyRequests || header.Get("Retry-After") != "90" || !strings.Contains(body, "too_many_requests") ||
				header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("one too many: %d %v %s", status, header, body)
			}
			if status, _, body := asClient(t, platform, path, "203.0.113.9"); status == http.StatusTooManyRequests {
				t.Errorf("another client: %s", body)
			}
			if status, _, body := asClient(t, platform, "GET /api/v1/auth/providers", ""); status != http.StatusOK {
				t.Errorf("another endpoint: %d %s", status, body)
			}
		})
	}
}

// TestAdministratorsCreateUsersWithoutALimit creates more users than can sign up.
func TestAdministratorsCreateUsersWithoutALimit(t *testing.T) {
	platform := servertest.New(t, servertest.Options{Limits: server.LimitsFor(4)})
	for i := range 4 {
		body := fmt.Sprintf(`{"email":"user%d@example.com","password":%q}`, i, servertest.Password)
		newPage(t, platform).ask(t, "POST", "/api/v1/users", body, http.StatusCreated, "Authorization", "Bearer "+servertest.Token)
	}
}

// TestClientsCannotChooseTheirAddress sends what clients might write into X-Forwarded-For themselves. The connections come from
// this machine, as the gateway's come from within the cluster.
func TestClientsCannotChooseTheirAddress(t *testing.T) {
	once := server.Limits{SignIn: ratelimit.Rate{Burst: 1, Every: time.Minute}}
	for name, test := range map[string]struct {
		proxies []netip.Prefix
		headers [2]string // of the first and the second request
		same    bool      // they count as the same client
	}{
		"the gateway says two":                 {nil, [2]string{"203.0.113.7", "203.0.113.8"}, false},
		"the gateway says one":                 {nil, [2]string{"203.0.113.7", "203.0.113.7"}, true},
		"the client says more":                 {nil, [2]string{"6.6.6.1, 203.0.113.7", "6.6.6.2, 203.0.113.7"}, true},
		"two hosts of one network":             {nil, [2]string{"2001:db8::1", "2001:db8::2"}, true},
		"nonsense counts as the connection":    {nil, [2]string{"one", "two"}, true},
		"a proxy is not the client":            {[]netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}, [2]string{"203.0.113.7, 198.51.100.1", "203.0.113.8, 198.51.100.1"}, false},
		"what the proxy was told is not heard": {[]netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}, [2]string{"6.6.6.1, 203.0.113.7, 198.51.100.1", "6.6.6.2, 203.0.113.7, 198.51.100.1"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			platform := servertest.New(t, servertest.Options{Limits: once, Proxies: test.proxies})
			asClient(t, platform, "POST /api/v1/session", test.headers[0])
			if status, _, body := asClient(t, platform, "POST /api/v1/session", test.headers[1]); (status == http.StatusTooManyRequests) != test.same {
				t.Errorf("the second was answered with %d: %s", status, body)
			}
		})
	}
}

// TestConnectionsFromOutsideSayNothingForOthers has the connection come from an address of the internet.
func TestConnectionsFromOutsideSayNothingForOthers(t *testing.T) {
	var served *httptest.Server
	platform := servertest.New(t, servertest.Options{
		Limits:    server.Limits{SignIn: ratelimit.Rate{Burst: 1, Every: time.Minute}},
		Configure: func(s *httptest.Server) { served = s },
	})
	for i, want := range []int{http.StatusUnsupportedMediaType, http.StatusTooManyRequests} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, platform.URL+"/api/v1/session", nil)
		r.RemoteAddr = "198.51.100.9:4711"
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("6.6.6.%d", i))
		answer := httptest.NewRecorder()
		served.Config.Handler.ServeHTTP(answer, r)
		if answer.Code != want {
			t.Errorf("request %d was answered with %d, want %d", i, answer.Code, want)
		}
	}
}

// asClient sends an empty request, through a gateway that says who the client is unless that is empty.
func asClient(t *testing.T, platform *servertest.Platform, operation, client string) (int, http.Header, string) {
	t.Helper()
	return access{platform: platform}.send(t, operation, func(r *http.Request) {
		if client != "" {
			r.Header.Set("X-Forwarded-For", client)
		}
	})
}
