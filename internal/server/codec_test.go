package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestBodiesThatDoNotArrive makes sure that an error of the connection is no news about the cluster's network.
func TestBodiesThatDoNotArrive(t *testing.T) {
	between := func(err error) error {
		return fmt.Errorf("decode: %w", &net.OpError{
			Op: "read", Net: "tcp", Source: &net.TCPAddr{IP: net.IPv4(10, 244, 0, 5), Port: 8080}, Addr: &net.TCPAddr{IP: net.IPv4(10, 244, 0, 7), Port: 4711}, Err: err,
		})
	}
	for name, c := range map[string]struct {
		err    error
		status int
	}{
		"Stalled": {between(os.ErrDeadlineExceeded), http.StatusRequestTimeout},
		"Reset":   {between(errors.New("connection reset by peer")), http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			p := problemOf(malformed(c.err))
			if status, _ := statusAndCode(p.Kind); status != c.status || strings.Contains(p.Message, "10.244") {
				t.Errorf("got %+v, want status %d and no address", p, c.status)
			}
		})
	}
}
