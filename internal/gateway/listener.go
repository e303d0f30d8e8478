package gateway

import (
	"context"
	"fmt"
	"net"
	"time"

	"golang.org/x/net/netutil"
)

const (
	// maxConnections bounds the connections of clients, each of which takes some 20 KiB. More wait in the kernel.
	maxConnections = 8192
	// writeStall is how long the other side of a connection may take in nothing of what is written to it.
	writeStall = time.Minute
)

// listen returns a listener for clients.
func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for requests: %w", err)
	}
	return &clientListener{Listener: netutil.LimitListener(listener, maxConnections)}, nil
}

// clientListener makes each connection a clientConn.
type clientListener struct {
	net.Listener
	buffers heldBuffers
}

// Accept implements net.Listener.
func (l *clientListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &clientConn{stallConn: stallConn{conn}, buffers: &l.buffers}, nil
}

// stallConn is a connection whose writes fail once the other side has taken in nothing for writeStall.
type stallConn struct{ net.Conn }

// Write implements net.Conn.
func (c stallConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeStall)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
