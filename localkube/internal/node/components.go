package node

import (
	"fmt"
	"sort"
	"time"
)

// component is one kept process.
type component struct {
	name string
	// path is the program, by default localkube itself, which is every component under its name.
	path  string
	flags map[string]string
	// words stand behind the flags.
	words []string
	env   []string
	// grace is how long it may take to end.
	grace time.Duration
}

// args are the component's arguments, in a stable order.
func (c component) args() []string {
	var args []string
	if c.path == "" {
		args = append(args, c.name)
	}
	for flag, value := range c.flags {
		args = append(args, fmt.Sprintf("--%s=%s", flag, value))
	}
	at := len(args) - len(c.flags)
	sort.Strings(args[at:])
	return append(args, c.words...)
}

const quickGrace = 3 * time.Second

func etcd(l layout) component {
	flags := map[string]string{
		"name":                        "localkube",
		"data-dir":                    l.node("etcd"),
		"listen-client-urls":          l.etcdURL(),
		"advertise-client-urls":       l.etcdURL(),
		"listen-peer-urls":            l.etcdPeerURL(),
		"initial-advertise-peer-urls": l.etcdPeerURL(),
		"initial-cluster":             "localkube=" + l.etcdPeerURL(),
		"cert-file":                   l.pki("etcd.crt"),
		"key-file":                    l.pki("etcd.key"),
		"trusted-ca-file":             l.pki("etcd-ca.crt"),
		"client-cert-auth":            "true",
		"peer-cert-file":              l.pki("etcd.crt"),
		"peer-key-file":               l.pki("etcd.key"),
		"peer-trusted-ca-file":        l.pki("etcd-ca.crt"),
		"peer-client-cert-auth":       "true",
		"log-level":                   "warn",
		// Alone it elects itself and waits for no other member.
		"heartbeat-interval": "20",
		"election-timeout":   "200",
		"snapshot-count":     "20000",
	}
	if l.ControlPlane {
		flags["unsafe-no-fsync"] = "true"
		flags["socket-reuse-port"] = "true"
	}
	return component{name: "etcd", flags: flags, grace: 10 * time.Second}
}

func apiserver(l layout) component {
	flags := map[string]string{
		"advertise-address":                  l.address.String(),
		"bind-address":                       "0.0.0.0",
		"secure-port":                        fmt.Sprint(l.ports.api),
		"etcd-servers":                       l.etcdURL(),
		"etcd-cafile":                        l.pki("etcd-ca.crt"),
		"etcd-certfile":                      l.pki("etcd-client.crt"),
		"etcd-keyfile":                       l.pki("etcd-client.key"),
		"client-ca-file":                     l.pki("ca.crt"),
		"tls-cert-file":                      l.pki("kube-apiserver.crt"),
		"tls-private-key-file":               l.pki("kube-apiserver.key"),
		"service-account-issuer":             "https://kubernetes.default.svc." + clusterDomain,
		"service-account-key-file":           l.pki("service-accounts.key"),
		"service-account-signing-key-file":   l.pki("service-accounts.key"),
		"service-cluster-ip-range":           serviceNetwork,
		"authorization-mode":                 "Node,RBAC",
		"enable-admission-plugins":           "NodeRestriction",
		"allow-privileged":                   "true",
		"requestheader-client-ca-file":       l.pki("front-proxy-ca.crt"),
		"requestheader-allowed-names":        "front-proxy",
		"requestheader-username-headers":     "X-Remote-User",
		"requestheader-group-headers":        "X-Remote-Group",
		"requestheader-extra-headers-prefix": "X-Remote-Extra-",
		"proxy-client-cert-file":             l.pki("front-proxy.crt"),
		"proxy-client-key-file":              l.pki("front-proxy.key"),
		"profiling":                          "false",
	}
	if l.ControlPlane {
		flags["bind-address"] = loopback
		flags["permit-port-sharing"] = "true"
		// The default is this machine's outward address, which a loopback listener does not answer on.
		flags["endpoint-reconciler-type"] = "none"
	} else {
		flags["kubelet-certificate-authority"] = l.pki("ca.crt")
		flags["kubelet-client-certificate"] = l.pki("kubelet-client.crt")
		flags["kubelet-client-key"] = l.pki("kubelet-client.key")
		flags["kubelet-preferred-address-types"] = "InternalIP"
	}
	return component{name: "kube-apiserver", flags: flags, grace: quickGrace}
}

func controllerManager(l layout) component {
	config := l.kubeconfig("kube-controller-manager")
	flags := map[string]string{
		"kubeconfig":                             config,
		"authentication-kubeconfig":              config,
		"authorization-kubeconfig":               config,
		"authentication-tolerate-lookup-failure": "true",
		"bind-address":                           loopback,
		"secure-port":                            fmt.Sprint(l.ports.controllers),
		"tls-cert-file":                          l.pki("loopback.crt"),
		"tls-private-key-file":                   l.pki("loopback.key"),
		"root-ca-file":                           l.pki("ca.crt"),
		"cluster-signing-cert-file":              l.pki("ca.crt"),
		"cluster-signing-key-file":               l.pki("ca.key"),
		"service-account-private-key-file":       l.pki("service-accounts.key"),
		"use-service-account-credentials":        "true",
		"leader-elect":                           "false",
		"allocate-node-cidrs":                    "false",
		"concurrent-namespace-syncs":             "20",
		"kube-api-qps":                           "200",
		"kube-api-burst":                         "400",
		"profiling":                              "false",
	}
	if l.ControlPlane {
		flags["permit-port-sharing"] = "true"
	}
	return component{name: "kube-controller-manager", flags: flags, grace: quickGrace}
}

func scheduler(l layout) component {
	config := l.kubeconfig("kube-scheduler")
	return component{name: "kube-scheduler", grace: quickGrace, flags: map[string]string{
		"config":                    l.node("config", "kube-scheduler.yaml"),
		"authentication-kubeconfig": config,
		"authorization-kubeconfig":  config,
		"bind-address":              loopback,
		"tls-cert-file":             l.pki("loopback.crt"),
		"tls-private-key-file":      l.pki("loopback.key"),
	}}
}

func schedulerConfig(l layout) string {
	return fmt.Sprintf(`apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection: {kubeconfig: %s, qps: 200, burst: 400}
leaderElection: {leaderElect: false}
# A pod that waits for its volume is asked for again soon.
podInitialBackoffSeconds: 1
podMaxBackoffSeconds: 1
`, l.kubeconfig("kube-scheduler"))
}
