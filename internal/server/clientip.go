package server

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientIP returns the address that the request came from; the zero address if it is unknown. What a client itself puts into
// X-Forwarded-For never counts: the header is trusted only from a connection within the cluster, which is the gateway's, and of it only
// the last hop, which the gateway added. Trusted proxies in front of the gateway are skipped.
func (s *server) clientIP(r *http.Request) netip.Addr {
	peer := hopAddress(r.RemoteAddr)
	if !peer.IsLoopback() && !peer.IsPrivate() && !s.isProxy(peer) {
		return peer
	}
	client := peer
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		address := hopAddress(strings.TrimSpace(hop))
		if !address.IsValid() {
			break
		}
		if client = address; !s.isProxy(address) {
			break
		}
	}
	return client
}

// isProxy reports whether the address is one of the proxies that the operator named.
func (s *server) isProxy(address netip.Addr) bool {
	return slices.ContainsFunc(s.proxies, func(proxies netip.Prefix) bool { return proxies.Contains(address) })
}

// hopAddress parses an address, with or without a port.
func hopAddress(text string) netip.Addr {
	if both, err := netip.ParseAddrPort(text); err == nil {
		return both.Addr().Unmap().WithZone("")
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}
