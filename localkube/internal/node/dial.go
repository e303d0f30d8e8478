package node

import (
	"context"
	"net"
)

// inside opens connections from within the node's network: a socket belongs to the network of the thread that created it.
func (s *supervisor) inside(ctx context.Context, network, address string) (connection net.Conn, err error) {
	// Several attempts at once would be made on other threads. An address, unlike a name, needs only one.
	dialer := net.Dialer{FallbackDelay: -1}
	err = s.thread.Do(func() error {
		connection, err = dialer.DialContext(ctx, network, address)
		return err
	})
	return connection, err
}
