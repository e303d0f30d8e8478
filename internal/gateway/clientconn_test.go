package gateway

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// countingListener counts the writes of its connections.
type countingListener struct {
	net.Listener
	writes *atomic.Int64
}

func (l countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{conn, l.writes}, nil
}

type countingConn struct {
	net.Conn
	writes *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// TestWhatCameTogetherLeavesTogether counts the writes of responses that the pod has sent at once.
func TestWhatCameTogetherLeavesTogether(t *testing.T) {
	page := strings.Repeat("0123456789abcdef", 2<<10) // 32 KiB, more than any buffer of net/http.
	chunks := fmt.Sprintf("%x\r\n%s\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n", len(page), page)
	const text = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	cases := map[string]struct {
		request, response string
		length            int
	}{
		"Chunked":    {"GET / HTTP/1.1\r\n", text + "Transfer-Encoding: chunked\r\n\r\n" + chunks, len(page) + 16},
		"Length":     {"GET / HTTP/1.1\r\n", text + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(page), page), len(page)},
		"Compressed": {"GET / HTTP/1.1\r\nAccept-Encoding: gzip\r\n", text + "Transfer-Encoding: chunked\r\n\r\n" + chunks, len(page) + 16},
		"Closed":     {"GET / HTTP/1.1\r\nConnection: close\r\n", text + "Transfer-Encoding: chunked\r\n\r\n" + chunks, len(page) + 16},
		"HTTP10":     {"GET / HTTP/1.0\r\n", text + "Transfer-Encoding: chunked\r\n\r\n" + chunks, len(page) + 16},
		"Empty":      {"GET / HTTP/1.1\r\n", "HTTP/1.1 204 No Content\r\n\r\n", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var writes atomic.Int64
			g := startGateway(t, func(s *server) {
				s.listen = func(_ context.Context, address string) (net.Listener, error) {
					plain, err := net.Listen("tcp", address)
					return &clientListener{Listener: countingListener{plain, &writes}}, err
				}
			})
			g.route("demo.example.com", newRawPod(t, func(conn net.Conn, _ int) bool {
				fmt.Fprint(conn, c.response)
				return true
			}).address)
			conn := g.dial(t)
			reader := bufio.NewReader(conn)
			for round := range 2 { // The second one comes on connections that have been used.
				if round > 0 && (name == "Closed" || name == "HTTP10") {
					conn = g.dial(t)
					reader.Reset(conn)
				}
				writes.Store(0)
				fmt.Fprint(conn, c.request+"Host: demo.example.com\r\n\r\n")
				response, err := http.ReadResponse(reader, nil)
				if err != nil {
					t.Fatal(err)
				}
				body, err := readDecoded(response)
				if err != nil || len(body) != c.length {
					t.Fatalf("read %d bytes of %d: %v", len(body), c.length, err)
				}
				if got := writes.Load(); got != 1 {
					t.Errorf("round %d: %d writes, want 1", round, got)
				}
			}
		})
	}
}

func readDecoded(response *http.Response) ([]byte, error) {
	if response.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(response.Body)
	}
	reader, err := gzip.NewReader(response.Body)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(reader)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return body, err
}

// TestPartsArriveBeforeThePodContinues lets the pod wait until the client has each part, with and without compression.
func TestPartsArriveBeforeThePodContinues(t *testing.T) {
	part := strings.Repeat("A line of a page that is made slowly.\n", 60) // Long enough to be compressed.
	for _, encoding := range []string{"identity", "gzip"} {
		t.Run(encoding, func(t *testing.T) {
			g := startGateway(t, nil)
			received := make(chan struct{})
			g.route("demo.example.com", backend(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				for range 3 {
					fmt.Fprint(w, part)
					_ = http.NewResponseController(w).Flush()
					select {
					case <-received:
					case <-r.Context().Done():
						return
					}
				}
			}))
			conn := g.dial(t)
			fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: demo.example.com\r\nAccept-Encoding: %s\r\n\r\n", encoding)
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			var body io.Reader = response.Body
			if encoding == "gzip" {
				if body, err = gzip.NewReader(response.Body); err != nil {
					t.Fatal(err)
				}
			}
			got := make([]byte, len(part))
			for range 3 {
				if _, err := io.ReadFull(body, got); err != nil || string(got) != part {
					t.Fatalf("read %d bytes: %v", len(got), err)
				}
				received <- struct{}{}
			}
		})
	}
}

// recordedConn remembers what is written to it.
type recordedConn struct {
	net.Conn
	written bytes.Buffer
	err     error
	closed  bool
}

func (c *recordedConn) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	return c.written.Write(p)
}

func (c *recordedConn) Close() error {
	c.closed = true
	return c.Conn.Close()
}

func newRecordedConn(t *testing.T) (*clientConn, *recordedConn) {
	t.Helper()
	one, other := net.Pipe()
	t.Cleanup(func() { other.Close() })
	recorded := &recordedConn{Conn: one}
	return &clientConn{stallConn: stallConn{recorded}, buffers: &heldBuffers{}}, recorded
}

func TestConnectionsThatEndWhileTheyHold(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*clientConn)
		want string
	}{
		"HandlerDone":     {func(c *clientConn) { c.ended.Store(true); c.Close() }, "the whole page"},
		"HandlerUnderWay": {func(c *clientConn) { c.Close() }, ""},
		"NextRequest":     {func(c *clientConn) { c.ended.Store(true); releaseIdle(c, http.StateIdle) }, "the whole page"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, recorded := newRecordedConn(t)
			conn.hold()
			for _, part := range []string{"the ", "whole ", "page"} {
				if n, err := conn.Write([]byte(part)); n != len(part) || err != nil {
					t.Fatalf("wrote %d bytes: %v", n, err)
				}
			}
			if recorded.written.Len() > 0 {
				t.Errorf("written at once: %q", &recorded.written)
			}
			if c.end(conn); recorded.written.String() != c.want {
				t.Errorf("written: %q, want %q", &recorded.written, c.want)
			}
		})
	}
}

func TestOrderOfWhatIsTooMuchToHold(t *testing.T) {
	conn, recorded := newRecordedConn(t)
	conn.hold()
	want := []byte{}
	for i, size := range []int{1, heldSize - 1, 1, heldSize + 1, 5, 2*heldSize - 7, 100} {
		part := bytes.Repeat([]byte{byte('a' + i)}, size)
		want = append(want, part...)
		if n, err := conn.Write(part); n != size || err != nil {
			t.Fatalf("wrote %d of %d bytes: %v", n, size, err)
		}
	}
	if conn.release(); !bytes.Equal(recorded.written.Bytes(), want) {
		t.Errorf("%d bytes were written in another order or not as often, want %d", recorded.written.Len(), len(want))
	}
}

func TestNothingFollowsWhatCouldNotBeWritten(t *testing.T) {
	conn, recorded := newRecordedConn(t)
	conn.hold()
	if _, err := conn.Write([]byte("lost")); err != nil {
		t.Fatal(err)
	}
	recorded.err = errors.New("broken")
	conn.flush()
	recorded.err = nil
	if n, err := conn.Write([]byte("next")); n != 0 || err == nil || !recorded.closed || recorded.written.Len() > 0 {
		t.Errorf("wrote %d bytes of the next part, %v; closed: %v", n, err, recorded.closed)
	}
}
