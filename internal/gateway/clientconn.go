package gateway

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// heldSize is how much of a response a clientConn holds back at most, in bytes. It is enough for most pages, and what each client
// costs that asks for something large and reads nothing of it.
const heldSize = 40 << 10

// heldBuffers keeps the buffers of connections that hold nothing.
type heldBuffers struct{ pool sync.Pool }

func (b *heldBuffers) get() *[heldSize]byte {
	if buffer, ok := b.pool.Get().(*[heldSize]byte); ok {
		return buffer
	}
	return new([heldSize]byte)
}

// clientConn is a client's connection. It can hold back what is written to it, so that what belongs together leaves in one
// system call: net/http writes the head, each chunk and the end of a page on their own, and each wakes the client.
//
// A response is held by its handler. Its last part is written by net/http once the handler is done, so that the connection
// is released when net/http calls it idle or closes it.
type clientConn struct {
	stallConn
	buffers *heldBuffers
	// ended tells that the handler is done.
	ended atomic.Bool

	// mu serializes the goroutine that serves the connection with the one that stops the server.
	mu      sync.Mutex
	holding bool
	buffer  *[heldSize]byte // nil if nothing is held.
	held    int
	failure error
}

// Write implements net.Conn.
func (c *clientConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure != nil {
		return 0, c.failure
	}
	if !c.holding {
		return c.stallConn.Write(p)
	}
	if c.held+len(p) > heldSize {
		if c.writeHeld(); c.failure != nil {
			return 0, c.failure
		}
	}
	if len(p) > heldSize {
		return c.stallConn.Write(p)
	}
	if c.buffer == nil {
		c.buffer = c.buffers.get()
	}
	c.held += copy(c.buffer[c.held:], p)
	return len(p), nil
}

// hold begins to hold back what is written.
func (c *clientConn) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holding = true
	c.ended.Store(false)
}

// flush writes what is held.
func (c *clientConn) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeHeld()
}

// release writes what is held and ends holding.
func (c *clientConn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holding = false
	c.writeHeld()
}

// writeHeld writes what is held. A failure closes the connection, by which net/http learns of it: the write that it
// belongs to has long succeeded.
func (c *clientConn) writeHeld() {
	if c.buffer == nil {
		return
	}
	if c.failure == nil {
		if _, c.failure = c.stallConn.Write(c.buffer[:c.held]); c.failure != nil {
			_ = c.Conn.Close()
		}
	}
	c.buffers.pool.Put(c.buffer)
	c.buffer, c.held = nil, 0
}

// Close implements net.Conn. It writes the end of a response whose handler is done; of any other it writes nothing more.
func (c *clientConn) Close() error {
	if c.ended.Load() {
		c.release()
	}
	return c.Conn.Close()
}

// releaseIdle is a hook for http.Server's ConnState.
func releaseIdle(conn net.Conn, state http.ConnState) {
	if held, ok := conn.(*clientConn); ok && state == http.StateIdle {
		held.release()
	}
}

// connKey is the key of a clientConn in the context of its requests.
type connKey struct{}

// withConn is a hook for http.Server's ConnContext.
func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// connOf returns the connection that a request came on, nil if other requests may be under way on it.
func connOf(r *http.Request) *clientConn {
	if r.ProtoMajor != 1 {
		return nil
	}
	conn, _ := r.Context().Value(connKey{}).(*clientConn)
	return conn
}
