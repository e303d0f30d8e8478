package gateway

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
)

// orders counts how often each order arrives at a backend.
type orders struct {
	mu   sync.Mutex
	seen map[string]int
}

func (o *orders) take(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen == nil {
		o.seen = map[string]int{}
	}
	o.seen[id]++
}

// expect fails the test unless each of the first n orders has come exactly once.
func (o *orders) expect(t *testing.T, n int) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range n {
		if count := o.seen[strconv.Itoa(i)]; count != 1 {
			t.Errorf("order %d arrived %d times", i, count)
		}
	}
}

func (o *orders) handler(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	o.take(string(body))
	_, _ = w.Write(body)
}

// abort breaks the connection off.
func abort(t *testing.T, w http.ResponseWriter) {
	t.Helper()
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	conn.Close()
}

func TestOrdersGoToAPodThatIsThere(t *testing.T) {
	const count = 50
	g := startGateway(t, nil)
	var got orders
	g.route("demo.example.com", freeAddress(t), backend(t, got.handler), freeAddress(t))
	for i := range count {
		response, _ := g.send(t, http.MethodPost, "http://demo.example.com/orders", strconv.Itoa(i))
		if response.StatusCode != http.StatusOK {
			t.Errorf("order %d: status %d", i, response.StatusCode)
		}
	}
	got.expect(t, count)
}

func TestRetryFollowsTheTable(t *testing.T) {
	g := startGateway(t, nil)
	var got orders
	pod := backend(t, got.handler)
	// The pod that the table still names refuses connections, and the first request that meets it learns of the next.
	gone := freeAddress(t)
	g.route("demo.example.com", gone)
	done := make(chan int, 1)
	go func() {
		response, _ := g.send(t, http.MethodPost, "http://demo.example.com/orders", "0")
		done <- response.StatusCode
	}()
	eventually(t, "the request is under way", func() bool { return g.metrics.inFlight.Load() == 1 })
	g.route("demo.example.com", pod)
	if status := <-done; status != http.StatusOK {
		t.Errorf("status = %d", status)
	}
	got.expect(t, 1)
}

// TestOrdersSurviveConnectionsThatClose lets a backend close each connection right after its answer, without saying so, as
// pods do that end or drop idle connections. The gateway has kept the connection and may send the next order into it.
func TestOrdersSurviveConnectionsThatClose(t *testing.T) {
	const count = 300
	g := startGateway(t, nil)
	var got orders
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				request, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				body, _ := io.ReadAll(request.Body)
				got.take(string(body))
				fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			}()
		}
	}()
	g.route("demo.example.com", listener.Addr().String())
	for i := range count {
		response, _ := g.send(t, http.MethodPost, "http://demo.example.com/orders", strconv.Itoa(i))
		if response.StatusCode != http.StatusOK {
			t.Errorf("order %d: status %d", i, response.StatusCode)
		}
	}
	got.expect(t, count)
}

// TestOrdersAreNotSentTwice lets a backend break off in the middle of its answer: the order may have been placed.
func TestOrdersAreNotSentTwice(t *testing.T) {
	g := startGateway(t, nil)
	var got orders
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got.take(string(body))
		abort(t, w)
	}))
	response, _ := g.send(t, http.MethodPost, "http://demo.example.com/orders", "0")
	if response.StatusCode != http.StatusBadGateway {
		t.Errorf("status = %d, want %d", response.StatusCode, http.StatusBadGateway)
	}
	got.expect(t, 1)
}

func TestReadingIsTriedAgain(t *testing.T) {
	g := startGateway(t, nil)
	tries := 0
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries <= maxRetries {
			abort(t, w)
			return
		}
		_, _ = w.Write([]byte("read"))
	}))
	if response, body := g.send(t, http.MethodGet, "http://demo.example.com/", ""); body != "read" {
		t.Errorf("status %d after %d tries", response.StatusCode, tries)
	}
}

// TestBrokenAnswerIsNotTakenForWhole makes sure that a customer's client sees that an answer was cut off.
func TestBrokenAnswerIsNotTakenForWhole(t *testing.T) {
	g := startGateway(t, nil)
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		_ = http.NewResponseController(w).Flush()
		abort(t, w)
	}))
	response, err := g.client.Get("http://demo.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err == nil {
		t.Errorf("read %q without an error", body)
	}
}

func TestRequestsUnderWayEndWithTheirPod(t *testing.T) {
	g := startGateway(t, nil)
	arrived, release := make(chan struct{}), make(chan struct{})
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		_, _ = w.Write([]byte("placed"))
	}))
	done := make(chan string, 1)
	go func() {
		_, body := g.send(t, http.MethodPost, "http://demo.example.com/orders", "0")
		done <- body
	}()
	<-arrived
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("other pod")) }))
	if _, body := g.send(t, http.MethodPost, "http://demo.example.com/orders", "1"); body != "other pod" {
		t.Errorf("the next request got %q", body)
	}
	g.table.remove("demo.example.com")
	close(release)
	if body := <-done; body != "placed" {
		t.Errorf("the request under way got %q", body)
	}
}

func TestStoppingLetsRequestsEnd(t *testing.T) {
	g := startGateway(t, nil)
	arrived, release := make(chan struct{}), make(chan struct{})
	g.route("demo.example.com", backend(t, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		_, _ = w.Write([]byte("placed"))
	}))
	done := make(chan string, 1)
	go func() {
		_, body := g.send(t, http.MethodPost, "http://demo.example.com/orders", "0")
		done <- body
	}()
	<-arrived
	stopped := make(chan error, 1)
	go func() { stopped <- g.stop() }()
	eventually(t, "new connections are refused", func() bool {
		conn, err := net.Dial("tcp", g.address)
		if err != nil {
			return true
		}
		conn.Close()
		return false
	})
	select {
	case err := <-stopped:
		t.Fatalf("stopped with a request under way: %v", err)
	default:
	}
	close(release)
	if body := <-done; body != "placed" {
		t.Errorf("the request under way got %q", body)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
}

// TestOneStoresChangesLeaveOthersAlone changes a thousand stores many times over while another one streams.
func TestOneStoresChangesLeaveOthersAlone(t *testing.T) {
	const stores, rounds = 1000, 5
	g := startGateway(t, nil)
	r := newRouter("shopflow", types.NamespacedName{}, g.table, slog.New(slog.DiscardHandler), func(types.NamespacedName) {})
	ticks := make(chan struct{})
	address, port, _ := net.SplitHostPort(backend(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range ticks {
			fmt.Fprint(w, "tick\n")
			_ = http.NewResponseController(w).Flush()
		}
	}))
	slice := newSlice("streaming", "1", ready(address))
	number, _ := strconv.Atoi(port)
	slice.Ports = []discoveryv1.EndpointPort{{Name: new("http"), Port: new(int32(number))}}
	r.setService(newService("streaming", httpPort()))
	r.setSlice(slice)
	r.setIngress(newIngress("streaming", 0, demoHost))

	go func() { ticks <- struct{}{} }()
	response, err := g.client.Get("http://" + demoHost + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for round := range rounds {
		for i := range stores {
			namespace := "store-" + strconv.Itoa(i)
			r.setIngress(newIngress(namespace, 0, namespace+".shopflow.localhost"))
			r.setService(newService(namespace, httpPort()))
			r.setSlice(newSlice(namespace, "1", ready(fmt.Sprintf("10.%d.%d.%d", round, i/256, i%256))))
			if round%2 == 1 {
				r.removeIngress(newIngress(namespace, 0))
			}
		}
		if !lines.Scan() || lines.Text() != "tick" {
			t.Fatalf("round %d: got %q, %v", round, lines.Text(), lines.Err())
		}
		ticks <- struct{}{}
	}
	close(ticks)
	if !lines.Scan() || lines.Scan() || lines.Err() != nil {
		t.Errorf("the stream did not end well: %v", lines.Err())
	}
	count := 0
	g.table.each(func(*host) { count++ })
	if count != stores+1 {
		t.Errorf("%d hosts are routed, want %d", count, stores+1)
	}
}

// TestNothingOfARequestIsLogged provokes failures of every kind and reads what was logged about them.
func TestNothingOfARequestIsLogged(t *testing.T) {
	log, err := os.CreateTemp(t.TempDir(), "stderr")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	stderr := os.Stderr
	os.Stderr = log
	defer func() { os.Stderr = stderr }()

	g := startGateway(t, nil)
	g.route("dead.example.com", freeAddress(t))
	g.route("abort.example.com", backend(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		_ = http.NewResponseController(w).Flush()
		abort(t, w)
	}))
	for _, host := range []string{"dead", "abort", "unknown"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+host+".example.com/?token=hunter2", strings.NewReader("hunter2"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Cookie", "session=hunter2")
		request.Header.Set("Authorization", "Bearer hunter2")
		if response, err := g.client.Do(request); err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if host == "abort" && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("abort: %v", err)
			}
		}
	}
	if err := g.stop(); err != nil {
		t.Error(err)
	}
	logged, err := os.ReadFile(log.Name())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(logged), "hunter2") {
		t.Errorf("a secret is in the log:\n%s", logged)
	}
}
