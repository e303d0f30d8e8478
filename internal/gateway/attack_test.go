package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRequestsThatTwoServersReadDifferently sends requests whose end is a matter of interpretation. The gateway either
// refuses them or passes on one request, and never takes a part of one for another request.
func TestRequestsThatTwoServersReadDifferently(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: demo.example.com\r\n"
	const smuggled = "GET /smuggled HTTP/1.1\r\nHost: demo.example.com\r\n\r\n"
	cases := map[string]string{
		"TwoLengths":             head + "Content-Length: 5\r\nContent-Length: 0\r\n\r\n",
		"LengthList":             head + "Content-Length: 0, 53\r\n\r\n",
		"LengthWithSign":         head + "Content-Length: +0\r\n\r\n",
		"LengthWithSpace":        head + "Content-Length : 0\r\n\r\n",
		"UnknownEncoding":        head + "Transfer-Encoding: xchunked\r\n\r\n",
		"EncodingTwice":          head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
		"EncodingList":           head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"EncodingWithTab":        head + "Transfer-Encoding:\x0bchunked\r\n\r\n",
		"FoldedHeader":           head + "X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
		"ChunkedInHTTP10":        "POST / HTTP/1.0\r\nHost: demo.example.com\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"LengthAndEncoding":      head + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"ChunkExtensionNewline":  head + "Transfer-Encoding: chunked\r\n\r\n0;a=\n\r\n",
		"TwoHosts":               "GET / HTTP/1.1\r\nHost: demo.example.com\r\nHost: other.example.com\r\n\r\n",
		"NoHost":                 "GET / HTTP/1.1\r\n\r\n",
		"HostWithPath":           "GET / HTTP/1.1\r\nHost: demo.example.com/x\r\n\r\n",
		"NewlineInPath":          "GET /a\nX-Injected: 1 HTTP/1.1\r\nHost: demo.example.com\r\n\r\n",
		"ConnectionNamesHeaders": "GET / HTTP/1.1\r\nHost: demo.example.com\r\nConnection: close, X-Forwarded-For, Host\r\n\r\n",
	}
	for name, request := range cases {
		t.Run(name, func(t *testing.T) {
			g := startGateway(t, nil)
			var seen atomic.Int64
			g.route("demo.example.com", backend(t, func(_ http.ResponseWriter, r *http.Request) {
				seen.Add(1)
				_, _ = io.Copy(io.Discard, r.Body)
				if r.Header.Get("X-Injected") != "" || r.Header.Get("X-Forwarded-For") != "127.0.0.1" || r.Host != "demo.example.com" {
					t.Errorf("the pod got the host %s and %v", r.Host, r.Header)
				}
			}))
			conn := g.dial(t)
			fmt.Fprint(conn, request)
			reader := bufio.NewReader(conn)
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			if response.StatusCode >= http.StatusBadRequest {
				if seen.Load() > 1 || !response.Close { // Of a broken body, the pod sees the beginning.
					t.Errorf("%s, seen by the pod %d times, closes: %v", response.Status, seen.Load(), response.Close)
				}
				return
			}
			if response.Close {
				return
			}
			// Where the connection stays open, what follows is a request of its own.
			fmt.Fprint(conn, smuggled)
			if response, err = http.ReadResponse(reader, nil); err != nil || response.StatusCode != http.StatusOK {
				t.Errorf("the next request: %v, %v", response, err)
			}
			if seen.Load() != 2 {
				t.Errorf("the pod has seen %d requests, want 2", seen.Load())
			}
		})
	}
}

func TestMethodsThatNoShopTakes(t *testing.T) {
	g := startGateway(t, nil)
	g.route("demo.example.com", backend(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the pod got %s", r.Method) }))
	for _, request := range []string{
		"CONNECT demo.example.com:80 HTTP/1.1\r\nHost: demo.example.com\r\n\r\n",
		"TRACE / HTTP/1.1\r\nHost: demo.example.com\r\nCookie: session=1\r\n\r\n",
	} {
		conn := g.dial(t)
		fmt.Fprint(conn, request)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || response.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%q: %v, %v", request, response, err)
		}
	}
}

// TestProtocolsThatBypassTheGateway asks for a change of protocol. Only WebSocket is passed on, and a pod cannot change the
// protocol without having been asked to.
func TestProtocolsThatBypassTheGateway(t *testing.T) {
	g := startGateway(t, nil)
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" || r.Header.Get("Http2-Settings") != "" {
			t.Errorf("the pod got %v", r.Header)
		}
		if r.URL.Path != "/switch" {
			return
		}
		conn, stream, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = stream.WriteString("HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		_ = stream.Flush()
	}))
	for request, want := range map[string]int{
		"GET / HTTP/1.1\r\nHost: demo.example.com\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n": http.StatusOK,
		"GET /switch HTTP/1.1\r\nHost: demo.example.com\r\n\r\n": http.StatusBadGateway,
	} {
		conn := g.dial(t)
		fmt.Fprint(conn, request)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || response.StatusCode != want {
			t.Errorf("%q: %v, %v; want %d", request, response, err, want)
		}
	}
}

// TestHeadersThatShopsMightBelieve sends headers which software behind a proxy takes for the proxy's own.
func TestHeadersThatShopsMightBelieve(t *testing.T) {
	g := startGateway(t, nil)
	claims := []string{
		"X_Forwarded_For", "X_Real_Ip", "X.Forwarded.For", "X-Forwarded", "X-Forwarded-By", "X-Forwarded-Ssl", "X-Forwarded-User", "Forwarded-For",
		"True-Client-Ip", "Cf-Connecting-Ip", "X-Cluster-Client-Ip", "X-Original-Url", "X-Rewrite-Url", "X-Host", "Proxy", "Proxy-Authorization",
	}
	g.route("demo.example.com", backend(t, func(_ http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			if strings.Contains(fmt.Sprint(r.Header[name]), "6.6.6.6") {
				t.Errorf("the pod got %s: %v", name, r.Header[name])
			}
		}
	}))
	var headers []string
	for _, name := range claims {
		headers = append(headers, name, "6.6.6.6")
	}
	if response, _ := g.send(t, http.MethodGet, "http://demo.example.com/", "", headers...); response.StatusCode != http.StatusOK {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestVerify(t *testing.T) {
	proxies, err := parseTrustedProxies([]string{"10.0.0.0/8", "192.0.2.1", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		reason       string
		peer         string
		headers      []string
		client, hops string
	}{
		"Stranger":   {"its header is its own word", "203.0.113.7", []string{"6.6.6.6"}, "203.0.113.7", "203.0.113.7"},
		"NoHeader":   {"a proxy's own request", "10.0.0.1", nil, "10.0.0.1", "10.0.0.1"},
		"OneProxy":   {"the proxy says who called", "10.0.0.1", []string{"203.0.113.7"}, "203.0.113.7", "203.0.113.7, 10.0.0.1"},
		"Injected":   {"what the client wrote stands to the left of its address", "10.0.0.1", []string{"6.6.6.6, 203.0.113.7"}, "203.0.113.7", "203.0.113.7, 10.0.0.1"},
		"TwoProxies": {"trusted ones are passed over", "10.0.0.1", []string{"6.6.6.6, 203.0.113.7, 192.0.2.1"}, "203.0.113.7", "203.0.113.7, 192.0.2.1, 10.0.0.1"},
		"TwoHeaders": {"lines are one list", "10.0.0.1", []string{"6.6.6.6", "203.0.113.7"}, "203.0.113.7", "203.0.113.7, 10.0.0.1"},
		"Garbage":    {"what is no address ends the list", "10.0.0.1", []string{"203.0.113.7, unknown"}, "10.0.0.1", "10.0.0.1"},
		"WithPort":   {"some proxies add the port", "10.0.0.1", []string{"203.0.113.7:4711"}, "203.0.113.7", "203.0.113.7, 10.0.0.1"},
		"IPv6":       {"either family", "fd00::1", []string{"2001:db8::7"}, "2001:db8::7", "2001:db8::7, fd00::1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, hops := proxies.verify(netip.MustParseAddr(c.peer), c.headers)
			if client != c.client || hops != c.hops {
				t.Errorf("%s: client %s, hops %q; want %s, %q", c.reason, client, hops, c.client, c.hops)
			}
		})
	}
	if _, err := parseTrustedProxies([]string{"10.0.0.0/8", "everybody"}); err == nil {
		t.Error("a range that is none was taken")
	}
}

// TestFloodOfOneHost lets a shop hang. Its requests must not use up what the others need.
func TestFloodOfOneHost(t *testing.T) {
	g := startGateway(t, nil)
	g.route("full.example.com", backend(t, func(http.ResponseWriter, *http.Request) {}))
	g.route("demo.example.com", backend(t, func(http.ResponseWriter, *http.Request) {}))
	g.table.get("full.example.com").running.Store(maxRequestsPerHost)
	got := map[string]int{}
	for _, host := range []string{"full", "demo"} {
		response, _ := g.send(t, http.MethodGet, "http://"+host+".example.com/", "")
		got[host] = response.StatusCode
	}
	if diff := cmp.Diff(map[string]int{"full": http.StatusServiceUnavailable, "demo": http.StatusOK}, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if running := g.table.get("full.example.com").running.Load(); running != maxRequestsPerHost {
		t.Errorf("%d requests under way afterwards, want %d", running, maxRequestsPerHost)
	}
}
