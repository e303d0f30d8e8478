package gateway

import (
	"strings"
	"sync"
	"sync/atomic"
)

// table holds the rules of every host. Looking up takes no lock and one or two steps however many hosts there are; setting
// one host leaves the others alone. It is safe for concurrent use, and its zero value is empty.
type table struct {
	hosts sync.Map // pattern -> *host
}

// host is what the gateway knows of one host.
type host struct {
	name  string
	rules atomic.Pointer[[]rule]
	// answers counts the answers by the class of their status, 1xx to 5xx, and 0 for those that never got one. The
	// counters live and go with the host, so that names that nobody serves cannot fill the metrics.
	answers [6]atomic.Uint64
}

// lookup finds who serves a request. known is false if nobody does; no endpoints mean that the one who does is not ready.
func (t *table) lookup(header, path string) (h *host, endpoints []string, known bool) {
	name := hostname(header)
	if name == "" {
		return nil, nil, false
	}
	if h = t.get(name); h == nil {
		dot := strings.IndexByte(name, '.')
		if dot < 0 {
			return nil, nil, false
		}
		if h = t.get(name[dot:]); h == nil {
			return nil, nil, false
		}
	}
	rules := *h.rules.Load()
	for i := range rules {
		if rules[i].matches(path) {
			return h, rules[i].endpoints, true
		}
	}
	return h, nil, false
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
	h := &host{name: pattern}
	if strings.HasPrefix(pattern, ".") {
		h.name = "*" + pattern
	}
	h.rules.Store(&rules)
	t.hosts.Store(pattern, h)
}

// remove forgets a host. Requests on their way go on.
func (t *table) remove(pattern string) { t.hosts.Delete(pattern) }

// each calls visit with every host.
func (t *table) each(visit func(*host)) {
	t.hosts.Range(func(_, value any) bool {
		visit(value.(*host))
		return true
	})
}
