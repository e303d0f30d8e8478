package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/utils/clock"
	testingclock "k8s.io/utils/clock/testing"
)

// rawPod is a pod that answers each request with the bytes it is told to.
type rawPod struct {
	address string
	conns   atomic.Int64
}

// newRawPod starts a pod. answer gets the connection after each request and the number of requests on it, and returns
// false to close it.
func newRawPod(t *testing.T, answer func(conn net.Conn, count int) bool) *rawPod {
	t.Helper()
	listener, err := net.Listen("tcp", "127.91.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	p := &rawPod{address: listener.Addr().String()}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.conns.Add(1)
			go func() {
				defer conn.Close()
				reader := bufio.NewReader(conn)
				for count := 1; ; count++ {
					if _, err := http.ReadRequest(reader); err != nil || !answer(conn, count) {
						return
					}
				}
			}()
		}
	}()
	return p
}

func newPodClient(c clock.PassiveClock) *podClient {
	return &podClient{dial: dialPod, clock: c, idle: map[string][]*podConn{}}
}

// get sends a request by the client and reads its response.
func (p *rawPod) get(t *testing.T, c *podClient) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func TestConnectionsToPodsAreKept(t *testing.T) {
	const whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	cases := map[string]struct {
		reason string
		answer func(conn net.Conn, count int) bool
		conns  int64 // After two requests.
	}{
		"Length": {"the response has ended", func(conn net.Conn, _ int) bool { fmt.Fprint(conn, whole); return true }, 1},
		"Chunked": {"the response has ended", func(conn net.Conn, _ int) bool {
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
			return true
		}, 1},
		"Informational": {"there is one final response", func(conn net.Conn, _ int) bool {
			fmt.Fprint(conn, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"+whole)
			return true
		}, 1},
		"Close": {"the pod says that it closes", func(conn net.Conn, _ int) bool {
			fmt.Fprint(conn, strings.Replace(whole, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1))
			return true
		}, 2},
		"UntilTheEnd": {"the response ends with the connection", func(conn net.Conn, _ int) bool {
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\nok")
			return false
		}, 2},
		"ClosedUnsaid": {"a request on a closed connection takes another one", func(conn net.Conn, _ int) bool { fmt.Fprint(conn, whole); return false }, 2},
		"ClosedAtNext": {"a request that a pod has not answered takes another connection", func(conn net.Conn, count int) bool {
			if count == 1 {
				fmt.Fprint(conn, whole)
			}
			return count == 1
		}, 2},
		"Unsolicited": {"what came without a request is not the response to the next", func(conn net.Conn, _ int) bool {
			fmt.Fprint(conn, whole+strings.Replace(whole, "ok", "no", 1))
			return true
		}, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			pod, client := newRawPod(t, c.answer), newPodClient(clock.RealClock{})
			defer client.closeIdle(0)
			for range 2 {
				if body, err := pod.get(t, client); err != nil || body != "ok" {
					t.Errorf("got %q, %v", body, err)
				}
			}
			if got := pod.conns.Load(); got != c.conns {
				t.Errorf("%s: %d connections, want %d", c.reason, got, c.conns)
			}
		})
	}
}

func TestPodResponsesThatAreRefused(t *testing.T) {
	cases := map[string]string{
		"EndlessHead":          "HTTP/1.1 200 OK\r\nX-Filler: " + strings.Repeat("x", 2*maxHeaderBytes),
		"EndlessInformational": strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 100),
		"UnaskedSwitch":        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
		"NotHTTP":              "220 mail.example.com ESMTP\r\n",
		"CutOff":               "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok",
		"Nothing":              "",
	}
	for name, answer := range cases {
		t.Run(name, func(t *testing.T) {
			pod, client := newRawPod(t, func(conn net.Conn, _ int) bool { fmt.Fprint(conn, answer); return false }), newPodClient(clock.RealClock{})
			if body, err := pod.get(t, client); err == nil {
				t.Errorf("took %q", body)
			}
			if len(client.idle) != 0 {
				t.Error("the connection was kept")
			}
		})
	}
}

func TestIdleConnectionsEnd(t *testing.T) {
	now := testingclock.NewFakeClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	pod := newRawPod(t, func(conn net.Conn, _ int) bool {
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		return true
	})
	client := newPodClient(now)
	// The deadline of a read is by the fake clock as well, so it must be ahead of the real one.
	now.SetTime(time.Now().Add(time.Hour))
	for _, step := range []struct {
		later time.Duration
		conns int64
	}{{0, 1}, {podIdleTimeout - time.Second, 1}, {podIdleTimeout, 2}} {
		now.Step(step.later)
		if _, err := pod.get(t, client); err != nil {
			t.Fatal(err)
		}
		if got := pod.conns.Load(); got != step.conns {
			t.Errorf("%d connections after another %s, want %d", got, step.later, step.conns)
		}
	}
	client.closeIdle(podIdleTimeout)
	if len(client.idle) != 1 {
		t.Error("a fresh connection was closed")
	}
	now.Step(podIdleTimeout)
	client.closeIdle(podIdleTimeout)
	if len(client.idle) != 0 {
		t.Error("an old connection was kept")
	}
}

// TestClientThatLeavesEndsTheRequest makes sure that a pod does not work for a client that has gone.
func TestClientThatLeavesEndsTheRequest(t *testing.T) {
	for name, begin := range map[string]string{"BeforeTheHead": "", "InTheBody": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok"} {
		t.Run(name, func(t *testing.T) {
			asked, ended := make(chan struct{}), make(chan struct{})
			pod := newRawPod(t, func(conn net.Conn, _ int) bool {
				fmt.Fprint(conn, begin)
				close(asked)
				_, _ = conn.Read(make([]byte, 1))
				close(ended)
				return false
			})
			client := newPodClient(clock.RealClock{})
			ctx, leave := context.WithCancel(t.Context())
			go func() {
				<-asked
				leave()
			}()
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+pod.address+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.RoundTrip(request)
			if err == nil {
				_, err = io.ReadAll(response.Body)
				response.Body.Close()
			}
			if err == nil || errors.Is(err, io.EOF) {
				t.Errorf("error %v", err)
			}
			select {
			case <-ended:
			case <-time.After(patience):
				t.Error("the pod's connection is still open")
			}
		})
	}
}

// TestUnreadResponsesAreNotKept closes a response before its end.
func TestUnreadResponsesAreNotKept(t *testing.T) {
	pod := newRawPod(t, func(conn net.Conn, _ int) bool {
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok")
		return true
	})
	client := newPodClient(clock.RealClock{})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+pod.address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if len(client.idle) != 0 {
		t.Error("the connection was kept")
	}
}
