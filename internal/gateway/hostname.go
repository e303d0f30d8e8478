package gateway

import "strings"

// maxHostname is the length limit of a DNS name.
const maxHostname = 253

// hostname returns the lowercase DNS name in a Host header, without port and trailing dot, or "" if there is none. Names
// are ASCII: browsers send international names in their xn-- form. An IPv6 address is no name.
func hostname(header string) string {
	name, port, _ := strings.Cut(header, ":")
	for i := range len(port) {
		if port[i] < '0' || port[i] > '9' {
			return ""
		}
	}
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > maxHostname {
		return ""
	}
	upper, label := false, 0
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
			label++
		case 'A' <= c && c <= 'Z':
			upper = true
			label++
		case c == '.' && label > 0:
			label = 0
		default:
			return ""
		}
	}
	if label == 0 {
		return ""
	}
	if upper {
		return strings.ToLower(name)
	}
	return name
}

// anyHost is the pattern of the rules for hosts that no other pattern matches.
const anyHost = "*"

// pattern returns the key of an Ingress host in the table, or "" if it is no name that can be routed: the name itself,
// ".example.com" for "*.example.com", so that looking a wildcard up only cuts the name, or anyHost for none.
func pattern(host string) string {
	if host == "" {
		return anyHost
	}
	if parent, ok := strings.CutPrefix(host, "*."); ok {
		if parent = hostname(parent); parent != "" {
			return "." + parent
		}
		return ""
	}
	if strings.Contains(host, ":") {
		return ""
	}
	return hostname(host)
}

// isExact reports whether a pattern is for one name only.
func isExact(pattern string) bool { return pattern != anyHost && !strings.HasPrefix(pattern, ".") }

// displayName returns a pattern as Ingresses have it.
func displayName(pattern string) string {
	if strings.HasPrefix(pattern, ".") {
		return "*" + pattern
	}
	return pattern
}
