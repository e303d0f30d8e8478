package node

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
)

const dnsReadyPort = 8181

func coreDNS(l layout) component {
	return component{name: "coredns", grace: quickGrace, flags: map[string]string{"conf": l.node("config", "Corefile")}}
}

// corefile answers for the cluster, and asks the machine's name servers for the rest.
func corefile(l layout, upstream []string) string {
	forward := "# The machine has no name server that the node can reach."
	if len(upstream) > 0 {
		forward = "forward . " + strings.Join(upstream, " ") + " {\n\t\tmax_concurrent 1000\n\t}"
	}
	return fmt.Sprintf(`.:53 {
	bind %[1]s
	errors
	ready %[2]s:%[3]d
	kubernetes %[4]s in-addr.arpa ip6.arpa {
		kubeconfig %[5]s
		pods insecure
		fallthrough in-addr.arpa ip6.arpa
		ttl 5
	}
	%[6]s
	cache {
		success 4096 30
		denial 1024 1
	}
	loop
	loadbalance
}
`, l.address, loopback, dnsReadyPort, clusterDomain, l.kubeconfig("coredns"), forward)
}

// nameServers returns the machine's name servers that the node can reach: a loopback address means another loopback there.
func nameServers(paths ...string) []string {
	for _, path := range paths {
		content, err := os.ReadFile(path) // #nosec G304 -- a file of the machine
		if err != nil {
			continue
		}
		var found []string
		for line := range strings.Lines(string(content)) {
			fields := strings.Fields(line)
			if len(fields) < 2 || fields[0] != "nameserver" {
				continue
			}
			if address, err := netip.ParseAddr(fields[1]); err == nil && !address.IsLoopback() && address.Is4() {
				found = append(found, fields[1])
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// resolverConfig is what pods see that do not ask the cluster's name server.
func resolverConfig(upstream []string) string {
	var content strings.Builder
	for _, server := range upstream {
		fmt.Fprintf(&content, "nameserver %s\n", server)
	}
	return content.String()
}

func volumeProvisioner(l layout) component {
	return component{name: "volume-provisioner", grace: quickGrace, flags: map[string]string{
		"kubeconfig": l.kubeconfig("volume-provisioner"), "root": l.node("volumes"), "node": l.Name,
	}}
}

const metricsPort = 4443

// metricsServer answers what nodes and pods use at the moment. Nothing waits for it: it tells clients that ask too early.
func metricsServer(l layout) component {
	config := l.kubeconfig("metrics-server")
	return component{name: "metrics-server", grace: quickGrace, flags: map[string]string{
		"kubeconfig":                      config,
		"authentication-kubeconfig":       config,
		"authorization-kubeconfig":        config,
		"bind-address":                    l.address.String(),
		"secure-port":                     fmt.Sprint(metricsPort),
		"tls-cert-file":                   l.pki("metrics-serving.crt"),
		"tls-private-key-file":            l.pki("metrics-serving.key"),
		"kubelet-certificate-authority":   l.pki("ca.crt"),
		"kubelet-preferred-address-types": "InternalIP",
		"kubelet-request-timeout":         "5s",
		// As often as it can: people look at graphs that move.
		"metric-resolution": "10s",
		"profiling":         "false",
	}}
}
