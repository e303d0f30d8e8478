package engine

import (
	"net"
	"strconv"
)

// Settings are what the platform says about all stores.
type Settings struct {
	// Domain is what store names are put in front of.
	Domain string
	// Scheme is http or https.
	Scheme string
	// Port is the public one; the scheme's own port is left out of addresses.
	Port int
	// IngressClass and StorageClass are the classes that charts name.
	IngressClass, StorageClass string
}

// address returns the public address of a host.
func (s Settings) address(host string) string {
	usual := map[string]int{"http": 80, "https": 443}
	if s.Port != 0 && s.Port != usual[s.Scheme] {
		host = net.JoinHostPort(host, strconv.Itoa(s.Port))
	}
	return s.Scheme + "://" + host
}
