package gateway

import (
	"math/rand/v2"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// upstreams tells Caddy's reverse proxy where to send a request. It is asked anew for each try, so a retry goes to the
// pods that are there by then.
type upstreams struct{ table *table }

// GetUpstreams is called by Caddy. The values are new each time, because Caddy writes into them.
func (u *upstreams) GetUpstreams(r *http.Request) ([]*reverseproxy.Upstream, error) {
	_, endpoints, _ := u.table.lookup(r.Host, r.URL.Path)
	found := make([]*reverseproxy.Upstream, len(endpoints))
	for i, endpoint := range endpoints {
		found[i] = &reverseproxy.Upstream{Dial: endpoint}
	}
	return found, nil
}

// selection picks an upstream at random among those that failed least of late. It never rules one out: with a single pod,
// the failure of one request must not turn the others away.
type selection struct{}

// Select is called by Caddy.
func (selection) Select(pool reverseproxy.UpstreamPool, _ *http.Request, _ http.ResponseWriter) *reverseproxy.Upstream {
	var best *reverseproxy.Upstream
	least, count := 0, 0
	for _, upstream := range pool {
		fails := upstream.Fails()
		switch {
		case best == nil || fails < least:
			best, least, count = upstream, fails, 1
		case fails == least:
			count++
			if rand.IntN(count) == 0 { //nolint:gosec // Sharing load needs no secrecy.
				best = upstream
			}
		}
	}
	return best
}
