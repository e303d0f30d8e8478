package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// testGateway is a running server with a table that the test feeds.
type testGateway struct {
	*server
	address string
	client  *http.Client
	stop    func() error
}

// startGateway runs the server until the test ends.
func startGateway(t *testing.T, change func(*server)) *testGateway {
	t.Helper()
	address := freeAddress(t)
	hosts := &table{}
	o := Options{ListenAddress: address, Log: slog.New(slog.DiscardHandler)}
	g := &testGateway{server: newServer(o, hosts, newMetrics(hosts, func() int { return 0 })), address: address}
	if change != nil {
		change(g.server)
	}
	dialer := &net.Dialer{}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, address)
	}, DisableCompression: true, ExpectContinueTimeout: patience}
	g.client = &http.Client{Transport: transport, Timeout: patience}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.run(ctx) }()
	stopped := false
	g.stop = func() error {
		stopped = true
		cancel()
		transport.CloseIdleConnections()
		select {
		case err := <-done:
			return err
		case <-time.After(patience):
			return fmt.Errorf("still running after %s", patience)
		}
	}
	t.Cleanup(func() {
		if !stopped {
			if err := g.stop(); err != nil {
				t.Errorf("stop: %v", err)
			}
		}
	})
	eventually(t, "the gateway serves", func() bool { return g.serving.Load() })
	return g
}

// freeAddress returns an address on a loopback network that nothing else uses.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.91.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for !condition() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// dial opens a connection to the gateway that ends with the test.
func (g *testGateway) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", g.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// route sends a host to backends.
func (g *testGateway) route(host string, endpoints ...string) {
	g.table.set(host, []rule{{endpoints: endpoints}})
}

// send makes a request to a host and returns the answer with its body.
func (g *testGateway) send(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := g.client.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: read answer: %v", method, url, err)
	}
	return response, string(answer)
}

// backend serves a handler on loopback and returns its address.
func backend(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestProxySetsForwardedHeaders(t *testing.T) {
	pod := backend(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "host=%s\nuri=%s\n", r.Host, r.RequestURI)
		for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Real-Ip", "Forwarded", "Cookie"} {
			fmt.Fprintf(w, "%s=%s\n", name, strings.Join(r.Header[name], "|"))
		}
	})
	claims := []string{
		"X-Forwarded-For", "6.6.6.6", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "bank.example",
		"X-Forwarded-Port", "443", "X-Real-Ip", "6.6.6.6", "Forwarded", "for=6.6.6.6", "Cookie", "a=b",
	}
	cases := map[string]struct {
		reason  string
		trusted []string
		want    string
	}{
		"Stranger": {
			reason: "what a client says about itself is not believed",
			want: "host=demo.example.com:8080\nuri=/a%2Fb?c=d%20e\nX-Forwarded-For=127.0.0.1\nX-Forwarded-Proto=http\n" +
				"X-Forwarded-Host=demo.example.com:8080\nX-Forwarded-Port=\nX-Real-Ip=\nForwarded=\nCookie=a=b\n",
		},
		"TrustedProxy": {
			reason:  "a proxy of ours is believed",
			trusted: []string{"127.0.0.0/8"},
			want: "host=demo.example.com:8080\nuri=/a%2Fb?c=d%20e\nX-Forwarded-For=6.6.6.6, 127.0.0.1\nX-Forwarded-Proto=https\n" +
				"X-Forwarded-Host=bank.example\nX-Forwarded-Port=443\nX-Real-Ip=6.6.6.6\nForwarded=for=6.6.6.6\nCookie=a=b\n",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			g := startGateway(t, func(s *server) { s.options.TrustedProxies = c.trusted })
			g.route("demo.example.com", pod)
			_, got := g.send(t, http.MethodGet, "http://demo.example.com:8080/a%2Fb?c=d%20e", "", claims...)
			if got != c.want {
				t.Errorf("%s: got\n%s\nwant\n%s", c.reason, got, c.want)
			}
		})
	}
}

func TestProxyAnswersForShopsThatCannot(t *testing.T) {
	g := startGateway(t, nil)
	g.route("starting.example.com")
	g.route("dead.example.com", freeAddress(t))
	g.table.set("partial.example.com", []rule{{path: "/api", endpoints: []string{freeAddress(t)}}})
	cases := map[string]struct {
		url        string
		status     int
		retryAfter string
	}{
		"UnknownHost": {"http://unknown.example.com/", http.StatusNotFound, ""},
		"UnknownPath": {"http://partial.example.com/shop", http.StatusNotFound, ""},
		"NotReady":    {"http://starting.example.com/", http.StatusServiceUnavailable, "1"},
		"NoAnswer":    {"http://dead.example.com/", http.StatusServiceUnavailable, "1"},
	}
	for name, c := range cases {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(name+method, func(t *testing.T) {
				response, page := g.send(t, method, c.url, "")
				if response.StatusCode != c.status {
					t.Errorf("status = %d, want %d", response.StatusCode, c.status)
				}
				if got := response.Header.Get("Retry-After"); got != c.retryAfter {
					t.Errorf("Retry-After = %q, want %q", got, c.retryAfter)
				}
				if kind := response.Header.Get("Content-Type"); kind != "text/html; charset=utf-8" || !strings.Contains(page, "<h1>") {
					t.Errorf("not a page but %s: %q", kind, page)
				}
				if strings.Contains(page, "example.com") {
					t.Error("the page repeats what the client sent")
				}
			})
		}
	}
}

func TestProxyStreamsEvents(t *testing.T) {
	g := startGateway(t, nil)
	next := make(chan string)
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case event := <-next:
				fmt.Fprintf(w, "data: %s\n\n", event)
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://demo.example.com/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() { next <- "first" }()
	response, err := g.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for _, want := range []string{"first", "second", "third"} {
		if want != "first" {
			next <- want // Only after the one before has come through.
		}
		if !lines.Scan() || lines.Text() != "data: "+want || !lines.Scan() {
			t.Fatalf("got %q, want event %q (%v)", lines.Text(), want, lines.Err())
		}
	}
}

// TestHeadOfAStreamArrivesFirst lets a pod send its head and then wait.
func TestHeadOfAStreamArrivesFirst(t *testing.T) {
	g := startGateway(t, nil)
	received := make(chan struct{})
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		select {
		case <-received:
			fmt.Fprint(w, "body")
		case <-r.Context().Done():
		}
	}))
	response, err := g.client.Get("http://demo.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	close(received)
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "body" {
		t.Errorf("got %q, %v", body, err)
	}
}

func TestProxyUpgradesToWebSocket(t *testing.T) {
	g := startGateway(t, nil)
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, stream, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = stream.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		_ = stream.Flush()
		for {
			line, err := stream.ReadString('\n')
			if err != nil {
				return
			}
			_, _ = stream.WriteString("echo " + line)
			_ = stream.Flush()
		}
	}))
	conn := g.dial(t)
	fmt.Fprint(conn, "GET /socket HTTP/1.1\r\nHost: demo.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("status = %d", response.StatusCode)
	}
	for _, word := range []string{"one", "two"} {
		fmt.Fprintf(conn, "%s\n", word)
		if line, err := reader.ReadString('\n'); err != nil || line != "echo "+word+"\n" {
			t.Fatalf("got %q, %v", line, err)
		}
	}
}

// repeated reads as n bytes.
func repeated(n int64) io.Reader { return io.LimitReader(endless{}, n) }

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestProxyBoundsRequests(t *testing.T) {
	g := startGateway(t, nil)
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err == nil {
			fmt.Fprint(w, n)
		}
	}))
	cases := map[string]struct {
		size    int64
		chunked bool
		header  int
		status  int
	}{
		"LargestBody":     {maxBody, false, 0, http.StatusOK},
		"LargestChunked":  {maxBody, true, 0, http.StatusOK},
		"TooLargeBody":    {maxBody + 1, false, 0, http.StatusRequestEntityTooLarge},
		"TooLargeChunked": {maxBody + 1, true, 0, http.StatusRequestEntityTooLarge},
		"LargeHeader":     {0, false, maxHeaderBytes / 2, http.StatusOK},
		"TooLargeHeader":  {0, false, maxHeaderBytes * 2, http.StatusRequestHeaderFieldsTooLarge},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://demo.example.com/", repeated(c.size))
			if err != nil {
				t.Fatal(err)
			}
			request.ContentLength = c.size
			if c.chunked {
				request.ContentLength = -1
			}
			if c.size > maxBody {
				request.Header.Set("Expect", "100-continue") // So that the refusal is not lost in a reset connection.
			}
			request.Header.Set("X-Filler", strings.Repeat("x", c.header))
			response, err := g.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, _ := io.ReadAll(response.Body)
			if response.StatusCode != c.status {
				t.Fatalf("status = %d, want %d", response.StatusCode, c.status)
			}
			if c.status == http.StatusOK && string(body) != fmt.Sprint(c.size) {
				t.Errorf("the backend got %s bytes, want %d", body, c.size)
			}
		})
	}
}
