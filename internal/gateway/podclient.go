package gateway

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/utils/clock"
)

const (
	// max1xx bounds the informational responses before the final one.
	max1xx = 5
	// podBufferSize is how much is read from a pod at once, in bytes.
	podBufferSize = 32 << 10
	// gatherTime is how long a part of a response is held back for the next one. A pod writes a page in parts that follow each other
	// within microseconds; a stream may be late by that much.
	gatherTime = time.Millisecond
)

// errStale means that a pod has closed a kept connection before it answered.
var errStale = errors.New("the pod has closed the connection")

// podClient sends requests without a body, and keeps the connections. It does in one goroutine what http.Transport does in
// three, whose switches cost as much as the request itself. What has a body or changes the protocol needs more than one,
// and takes http.Transport.
type podClient struct {
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	clock clock.PassiveClock

	mu   sync.Mutex
	idle map[string][]*podConn // By address; the one used last comes last.
}

// podConn is a connection to a pod.
type podConn struct {
	net.Conn
	// raw is Conn for system calls, nil if it is none of the operating system's.
	raw     syscall.RawConn
	clock   clock.PassiveClock
	address string
	reader  *bufio.Reader
	writer  *bufio.Writer
	// left is how many bytes may still be read.
	left int64
	// beforeWait flushes the response before a read that waits for the pod, nil if it does not have to be.
	beforeWait func()
	// idleSince is when the last response ended.
	idleSince time.Time
}

// Read implements io.Reader for the reader.
func (c *podConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errors.New("the head of the pod's response is too large")
	}
	p = p[:min(int64(len(p)), c.left)]
	n, err := c.read(p)
	c.left -= int64(n)
	return n, err
}

// read reads what the pod has sent or sends within gatherTime, and flushes the response before it waits for longer.
func (c *podConn) read(p []byte) (int, error) {
	if c.beforeWait == nil {
		return c.Conn.Read(p)
	}
	if n, err := c.receive(p, 0); err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if err := c.SetReadDeadline(c.clock.Now().Add(gatherTime)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	if resetErr := c.SetReadDeadline(time.Time{}); !isTimeout(err) || n > 0 || resetErr != nil {
		return n, cmp.Or(err, resetErr)
	}
	c.beforeWait()
	return c.Conn.Read(p)
}

// receive reads what the pod has sent, and does not wait. It fails with EAGAIN if that is nothing.
func (c *podConn) receive(p []byte, flags int) (n int, err error) {
	if c.raw == nil {
		return 0, unix.EAGAIN
	}
	failure := c.raw.Read(func(descriptor uintptr) bool {
		n, _, err = unix.Recvfrom(int(descriptor), p, flags|unix.MSG_DONTWAIT)
		return true
	})
	switch {
	case failure != nil:
		return 0, failure
	case err != nil:
		return 0, err
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

// RoundTrip implements http.RoundTripper. A request that finds a kept connection closed takes another one: the pod has
// answered nothing, and a safe request may be sent twice.
func (c *podClient) RoundTrip(r *http.Request) (*http.Response, error) {
	for {
		conn, kept, err := c.connect(r.Context(), r.URL.Host)
		if err != nil {
			return nil, err
		}
		response, err := c.exchange(conn, r)
		if err == nil {
			return response, nil
		}
		_ = conn.Close()
		if !kept || !errors.Is(err, errStale) || r.Context().Err() != nil {
			return nil, err
		}
	}
}

// exchange sends a request and reads the head of its response. The connection ends with the request's context.
func (c *podClient) exchange(conn *podConn, r *http.Request) (_ *http.Response, err error) {
	if err := conn.SetReadDeadline(c.clock.Now().Add(responseTimeout)); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(r.Context(), func() { _ = conn.Close() })
	defer func() {
		if err != nil {
			stop()
		}
	}()
	conn.left = maxHeaderBytes
	if err := r.Write(conn.writer); err != nil {
		return nil, fmt.Errorf("%w: %w", errStale, err)
	}
	if err := conn.writer.Flush(); err != nil {
		return nil, fmt.Errorf("%w: %w", errStale, err)
	}
	if _, err := conn.reader.Peek(1); err != nil {
		if isTimeout(err) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", errStale, err)
	}
	response, err := readResponse(conn.reader, r)
	if err != nil {
		return nil, err
	}
	conn.left = math.MaxInt64
	if err := conn.SetReadDeadline(time.Time{}); err != nil { // A stream may be silent for as long as it likes.
		return nil, err
	}
	response.Body = &podBody{ReadCloser: response.Body, client: c, conn: conn, stop: stop, keep: !response.Close}
	return response, nil
}

// readResponse reads the head of the final response.
func readResponse(reader *bufio.Reader, r *http.Request) (*http.Response, error) {
	for range max1xx + 1 {
		response, err := http.ReadResponse(reader, r)
		if err != nil || response.StatusCode >= http.StatusOK {
			return response, err
		}
		if response.StatusCode == http.StatusSwitchingProtocols {
			return nil, errUnaskedSwitch
		}
		if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.Got1xxResponse != nil {
			if err := trace.Got1xxResponse(response.StatusCode, textproto.MIMEHeader(response.Header)); err != nil {
				return nil, err
			}
		}
	}
	return nil, errors.New("the pod has sent too many informational responses")
}

// connect returns a kept connection or makes one.
func (c *podClient) connect(ctx context.Context, address string) (conn *podConn, kept bool, err error) {
	for conn := c.take(address); conn != nil; conn = c.take(address) {
		if c.clock.Since(conn.idleSince) < podIdleTimeout && conn.isQuiet() {
			return conn, true, nil
		}
		_ = conn.Close()
	}
	plain, err := c.dial(ctx, "tcp", address)
	if err != nil {
		return nil, false, err
	}
	conn = &podConn{Conn: plain, raw: rawConn(plain), clock: c.clock, address: address, writer: bufio.NewWriter(plain)}
	conn.reader = bufio.NewReaderSize(conn, podBufferSize)
	return conn, false, nil
}

// take takes a kept connection out of the idle ones, nil if there is none.
func (c *podClient) take(address string) *podConn {
	c.mu.Lock()
	defer c.mu.Unlock()
	conns := c.idle[address]
	if len(conns) == 0 {
		return nil
	}
	conn := conns[len(conns)-1]
	if c.idle[address] = conns[:len(conns)-1]; len(conns) == 1 {
		delete(c.idle, address)
	}
	return conn
}

// keep keeps a connection for the next request.
func (c *podClient) keep(conn *podConn) {
	conn.idleSince = c.clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle[conn.address]) >= maxIdlePerPod {
		_ = conn.Close()
		return
	}
	c.idle[conn.address] = append(c.idle[conn.address], conn)
}

// closeIdle closes the connections that were idle for at least a time.
func (c *podClient) closeIdle(atLeast time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for address, conns := range c.idle {
		c.idle[address] = slices.DeleteFunc(conns, func(conn *podConn) bool {
			old := c.clock.Since(conn.idleSince) >= atLeast
			if old {
				_ = conn.Close()
			}
			return old
		})
		if len(c.idle[address]) == 0 {
			delete(c.idle, address)
		}
	}
}

// isQuiet reports whether a kept connection is open and the pod has sent nothing on it. What comes without a request must
// not be taken for the response to the next one.
func (c *podConn) isQuiet() bool {
	var one [1]byte
	_, err := c.receive(one[:], unix.MSG_PEEK)
	return c.raw != nil && errors.Is(err, unix.EAGAIN)
}

// rawConn returns a connection for system calls, nil if it is none of the operating system's.
func rawConn(conn net.Conn) syscall.RawConn {
	if stall, ok := conn.(stallConn); ok {
		conn = stall.Conn
	}
	system, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := system.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// podBody is the body of a response. When it ends, the connection is free for the next request.
type podBody struct {
	io.ReadCloser
	client *podClient
	conn   *podConn
	stop   func() bool
	keep   bool
	done   bool
}

// Read implements io.Reader.
func (b *podBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == nil {
		return n, nil
	}
	whole := errors.Is(err, io.EOF)
	if flush := b.conn.beforeWait; flush != nil && !whole {
		flush() // Nothing will follow what came.
	}
	b.finish(whole)
	return n, err
}

// Close implements io.Closer. It reads nothing: a pod might send without end.
func (b *podBody) Close() error {
	b.finish(b.ReadCloser == http.NoBody)
	return nil
}

// finish keeps the connection if nothing is left in it of the response, and closes it otherwise.
func (b *podBody) finish(whole bool) {
	if b.done {
		return
	}
	b.done = true
	b.conn.beforeWait = nil
	if b.stop() && whole && b.keep && b.conn.reader.Buffered() == 0 {
		b.client.keep(b.conn)
		return
	}
	_ = b.conn.Close()
}
