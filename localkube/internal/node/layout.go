package node

import (
	"net/netip"
	"path/filepath"
	"strconv"
)

const (
	podNetwork     = "10.244.0.0/16"
	serviceNetwork = "10.96.0.0/16"
	// apiService is the first address of the service network, which Kubernetes gives to its own API.
	apiService    = "10.96.0.1"
	dnsService    = "10.96.0.10"
	clusterDomain = "cluster.local"
	loopback      = "127.0.0.1"
)

// layout says where everything of an instance is. It holds no state and does nothing.
type layout struct {
	Options
	// programs is the folder with localkube and its siblings.
	programs string
	// address is the node's own, host the one at this machine's end of the link. With the control plane alone both are the loopback.
	address, host netip.Addr
	ports         ports
}

// ports are where the control plane listens.
type ports struct{ api, etcd, etcdPeer, controllers int }

// nodePorts are the usual ones: in its own network the node does not share them.
func nodePorts() ports { return ports{api: 6443, etcd: 2379, etcdPeer: 2380, controllers: 10257} }

func (l layout) node(parts ...string) string {
	return filepath.Join(append([]string{l.Dir, "node"}, parts...)...)
}

// run returns a path in the short-lived folder: socket addresses end at 107 bytes, so they cannot be below Dir.
func (l layout) run(parts ...string) string {
	return filepath.Join(append([]string{runDir(l.Name)}, parts...)...)
}

func runDir(name string) string { return "/run/" + instance(name) }

// instance is the name by which the kernel's objects are known: network namespace, cgroup, packet filter table.
func instance(name string) string { return "localkube-" + name }

func (l layout) pki(file string) string          { return l.node("pki", file) }
func (l layout) logFile(component string) string { return l.node("log", component+".log") }
func (l layout) kubeconfig(user string) string   { return l.node("config", user+".kubeconfig") }
func (l layout) adminKubeconfig() string         { return filepath.Join(l.Dir, "kubeconfig") }
func (l layout) program(name string) string      { return filepath.Join(l.programs, name) }
func (l layout) server() string {
	return "https://" + netip.AddrPortFrom(l.address, uint16(l.ports.api)).String() // #nosec G115 -- a port
}

func (l layout) etcdURL() string { return "https://" + loopback + ":" + strconv.Itoa(l.ports.etcd) }
func (l layout) etcdPeerURL() string {
	return "https://" + loopback + ":" + strconv.Itoa(l.ports.etcdPeer)
}
