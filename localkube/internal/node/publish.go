package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// forwarder offers ports of the node on this machine's loopback.
type forwarder struct {
	listeners []net.Listener
	targets   []string
}

// listen takes the ports, before anything else is started: a taken one must not be noticed late.
func listen(ctx context.Context, publications []Publication) (*forwarder, error) {
	f := &forwarder{}
	for _, publication := range publications {
		port := strconv.Itoa(publication.Port)
		for _, host := range []string{loopback, "::1"} {
			listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, port))
			// Not every machine has IPv6.
			if host != loopback && err != nil && !errors.Is(err, syscall.EADDRINUSE) {
				continue
			}
			if errors.Is(err, syscall.EADDRINUSE) {
				err = fmt.Errorf("port %s of %s is taken by another program: end that one, or publish on another port", port, host)
			}
			if err != nil {
				f.close()
				return nil, err
			}
			f.listeners = append(f.listeners, listener)
			f.targets = append(f.targets, strconv.Itoa(publication.NodePort))
		}
	}
	return f, nil
}

// serve forwards until the context ends.
func (f *forwarder) serve(ctx context.Context, node netip.Addr) {
	stop := context.AfterFunc(ctx, f.close)
	defer stop()
	var serving sync.WaitGroup
	for i, listener := range f.listeners {
		serving.Go(func() { accept(ctx, listener, net.JoinHostPort(node.String(), f.targets[i])) })
	}
	serving.Wait()
}

func (f *forwarder) close() {
	for _, listener := range f.listeners {
		_ = listener.Close()
	}
}

func accept(ctx context.Context, listener net.Listener, target string) {
	for {
		client, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of descriptors: those that are in use come back.
			select {
			case <-ctx.Done():
				return
			case <-time.After(50 * time.Millisecond):
				continue
			}
		}
		go forward(ctx, client, target)
	}
}

// forward joins a client with the target until both have said all.
func forward(ctx context.Context, client net.Conn, target string) {
	defer client.Close()
	dialer := net.Dialer{Timeout: 5 * time.Second}
	server, err := dialer.DialContext(ctx, "tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	stop := context.AfterFunc(ctx, func() { _, _ = client.Close(), server.Close() })
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { pass(server, client) })
	both.Go(func() { pass(client, server) })
	both.Wait()
}

// pass copies one direction. Its end is passed on too: a client that has sent its request may still wait for the answer.
func pass(to, from net.Conn) {
	_, err := io.Copy(to, from)
	half, canCloseHalf := to.(interface{ CloseWrite() error })
	if err != nil || !canCloseHalf {
		_ = to.Close()
		_ = from.Close()
		return
	}
	_ = half.CloseWrite()
}
