package gateway

import (
	"strings"
	"sync"
	"sync/atomic"
)

// table holds the rules of every host. Looking up takes no lock and a few steps however many hosts there are; setting one
// host leaves the others alone. It is safe for concurrent use, and its zero value is empty.
type table struct {
	hosts sync.Map // pattern -> *host
}

// host is what the gateway knows of one host.
type host struct {
	name  string
	rules atomic.Pointer[[]rule]
	// running is the number of requests under way.
	running atomic.Int64
	// answers counts the responses by the class of their status, 1xx to 5xx, and 0 for requests that never got one. The
	// counters live and go with the host, so that names that no Ingress has cannot fill the metrics.
	answers [6]atomic.Uint64
}

// lookup finds who serves a request. known is false if no Ingress does; no endpoints mean that the one which does is not
// ready. The most specific host decides: an exact name, a wildcard, and then the rules for any host.
func (t *table) lookup(header, path string) (h *host, endpoints []string, known bool) {
	if h = t.find(hostname(header)); h == nil {
		return nil, nil, false
	}
	rules := *h.rules.Load()
	for i := range rules {
		if rules[i].matches(path) {
			return h, rules[i].endpoints, true
		}
	}
	return h, nil, false
}

// find returns the most specific host for a name, which is "" for a header that holds none.
func (t *table) find(name string) *host {
	if name != "" {
		if h := t.get(name); h != nil {
			return h
		}
		if dot := strings.IndexByte(name, '.'); dot >= 0 {
			if h := t.get(name[dot:]); h != nil {
				return h
			}
		}
	}
	return t.get(anyHost)
}

func (t *table) get(pattern string) *host {
	value, ok := t.hosts.Load(pattern)
	if !ok {
		return nil
	}
	return value.(*host)
}

// set replaces the rules of one host. The rules must not be changed afterwards.
func (t *table) set(pattern string, rules []rule) {
	sortRules(rules)
	if h := t.get(pattern); h != nil {
		h.rules.Store(&rules)
		return
	}
	h := &host{name: displayName(pattern)}
	h.rules.Store(&rules)
	t.hosts.Store(pattern, h)
}

// remove forgets a host. Requests under way continue.
func (t *table) remove(pattern string) { t.hosts.Delete(pattern) }

// each calls visit with every host.
func (t *table) each(visit func(*host)) {
	t.hosts.Range(func(_, value any) bool {
		visit(value.(*host))
		return true
	})
}
