package gateway

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"slices"
	"strings"
)

// trustedProxies are the address ranges of proxies in front of the gateway. What they say of a client is believed; what a
// client says of itself is not.
type trustedProxies []netip.Prefix

// parseTrustedProxies reads addresses and address ranges.
func parseTrustedProxies(texts []string) (trustedProxies, error) {
	var proxies trustedProxies
	for _, text := range texts {
		if address, err := netip.ParseAddr(text); err == nil {
			proxies = append(proxies, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("trusted proxies: %q is neither an address nor a range such as 10.0.0.0/8", text)
		}
		proxies = append(proxies, prefix)
	}
	return proxies, nil
}

func (t trustedProxies) contain(address netip.Addr) bool {
	return slices.ContainsFunc(t, func(prefix netip.Prefix) bool { return prefix.Contains(address) })
}

// rewrite prepares a request for a pod. It is called by httputil.ReverseProxy, which has removed the hop-by-hop headers,
// Forwarded and X-Forwarded-For, -Host and -Proto.
func (t trustedProxies) rewrite(r *httputil.ProxyRequest) {
	in, out := r.In, r.Out
	out.URL.RawQuery = in.URL.RawQuery // As the client wrote it. The gateway reads nothing in it.
	out.Trailer = nil
	peer := peerAddress(in.RemoteAddr)
	trusted := t.contain(peer)
	removeUntrusted(out.Header, trusted)

	client, hops := t.verify(peer, in.Header.Values("X-Forwarded-For"))
	host, proto := in.Host, "http"
	if in.TLS != nil {
		proto = "https"
	}
	if trusted {
		host, proto = lastOr(in.Header, "X-Forwarded-Host", host), lastOr(in.Header, "X-Forwarded-Proto", proto)
		if forwarded := in.Header["Forwarded"]; len(forwarded) > 0 {
			out.Header["Forwarded"] = forwarded
		}
		if out.Header.Get("X-Real-Ip") != "" {
			out.Header["X-Real-Ip"] = []string{client}
		}
	}
	out.Header["X-Forwarded-For"] = []string{hops}
	out.Header["X-Forwarded-Host"] = []string{host}
	out.Header["X-Forwarded-Proto"] = []string{proto}
	out.Header["Via"] = append(out.Header["Via"], "1.1 shopflow")
	if !strings.EqualFold(out.Header.Get("Upgrade"), "websocket") {
		// Other protocols, HTTP/2 among them, would carry requests past the gateway.
		delete(out.Header, "Upgrade")
		delete(out.Header, "Connection")
	}
}

// verify returns the address of the client and the hops between it and this gateway, the client first, as X-Forwarded-For
// has them. Each proxy appends the address that it was called from, so only those count that a trusted one has written:
// what stands to the left of the first stranger is the stranger's own word.
func (t trustedProxies) verify(peer netip.Addr, headers []string) (client, hops string) {
	client = peer.String()
	hops = client
	if !t.contain(peer) {
		return client, hops
	}
	for _, hop := range slices.Backward(strings.Split(strings.Join(headers, ","), ",")) {
		address := peerAddress(strings.TrimSpace(hop))
		if !address.IsValid() {
			break
		}
		client = address.String()
		hops = client + ", " + hops
		if !t.contain(address) {
			break
		}
	}
	return client, hops
}

// removeUntrusted removes headers that shops could take for something that the gateway vouches for.
func removeUntrusted(header http.Header, trusted bool) {
	for name := range header {
		switch {
		case strings.ContainsAny(name, "_."):
			// CGI and PHP cannot tell X_Real_IP or X.Real.IP from X-Real-IP.
			delete(header, name)
		case name == "Proxy":
			delete(header, name) // CGI programs take it for the setting HTTP_PROXY.
		case !trusted && claimsOrigin(name):
			delete(header, name)
		}
	}
}

// claimsOrigin reports whether a header is one that proxies use to say where a request comes from or went to.
func claimsOrigin(name string) bool {
	switch name {
	case "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "Fastly-Client-Ip", "X-Cluster-Client-Ip",
		"X-Original-Url", "X-Original-Host", "X-Rewrite-Url", "X-Host":
		return true
	}
	return strings.HasPrefix(name, "X-Forwarded") || strings.HasPrefix(name, "Forwarded")
}

// peerAddress reads an address, which may have a port.
func peerAddress(text string) netip.Addr {
	if both, err := netip.ParseAddrPort(text); err == nil {
		return both.Addr().Unmap().WithZone("")
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}

// lastOr returns the last value of a header, or another one if it has none.
func lastOr(header http.Header, name, otherwise string) string {
	if values := header[name]; len(values) > 0 && values[len(values)-1] != "" {
		return values[len(values)-1]
	}
	return otherwise
}
