package gateway

import (
	"cmp"
	"slices"
	"strings"
)

// rule sends the requests to a path to endpoints.
type rule struct {
	path  string // Without trailing slash if it is a prefix; "" is every path.
	exact bool
	// endpoints are the host:port addresses that can take requests; none means that the store is not ready.
	endpoints []string
}

// matches reports whether the rule is for a path. A prefix is compared by whole elements: /shop is for /shop and
// /shop/cart, not for /shopping.
func (r *rule) matches(path string) bool {
	if r.exact {
		return path == r.path
	}
	rest, ok := strings.CutPrefix(path, r.path)
	return ok && (rest == "" || rest[0] == '/')
}

// sortRules puts the rules in the order in which they are tried: the longest path first, an exact one before a prefix, and
// else as the Ingress has them.
func sortRules(rules []rule) {
	slices.SortStableFunc(rules, func(a, b rule) int {
		if byLength := cmp.Compare(len(b.path), len(a.path)); byLength != 0 {
			return byLength
		}
		switch {
		case a.exact == b.exact:
			return 0
		case a.exact:
			return -1
		default:
			return 1
		}
	})
}
