package node

import (
	"net"
	"time"

	"shopflow.dev/shopflow/localkube/internal/pki"
)

// ensureCertificates creates or renews every certificate and kubeconfig of the instance.
func ensureCertificates(l layout, now time.Time) error {
	dir := l.node("pki")
	authority, err := pki.LoadAuthority(dir, "ca", now)
	if err != nil {
		return err
	}
	// etcd asks only for a certificate of its authority, not for a name: a certificate of the cluster must not open it.
	etcdAuthority, err := pki.LoadAuthority(dir, "etcd-ca", now)
	if err != nil {
		return err
	}
	// A certificate of this one lets its holder speak for others, so it signs nothing else.
	frontProxy, err := pki.LoadAuthority(dir, "front-proxy-ca", now)
	if err != nil {
		return err
	}
	if err := pki.LoadKey(l.pki("service-accounts.key")); err != nil {
		return err
	}
	for signer, specs := range map[*pki.Authority][]pki.Spec{
		authority:     l.certificates(),
		etcdAuthority: etcdCertificates(),
		frontProxy:    {{Name: "front-proxy", User: "front-proxy"}},
	} {
		for _, spec := range specs {
			if _, err := signer.Ensure(dir, spec, now); err != nil {
				return err
			}
		}
	}
	for _, user := range l.users() {
		path := l.kubeconfig(user)
		if user == "admin" {
			path = l.adminKubeconfig()
		}
		if err := authority.WriteKubeconfig(path, l.server(), l.Name, dir, user); err != nil {
			return err
		}
	}
	return nil
}

// users are those with a kubeconfig of their own.
func (l layout) users() []string {
	users := []string{"admin", "kube-controller-manager"}
	if !l.ControlPlane {
		users = append(users, "kube-scheduler", "kubelet", "kube-proxy", "coredns", "volume-provisioner", "metrics-server")
	}
	return users
}

func (l layout) certificates() []pki.Spec {
	specs := []pki.Spec{
		{Name: "admin", User: "admin", Groups: []string{"system:masters"}},
		{Name: "loopback", User: "localkube:loopback", Hosts: []string{"localhost"}, IPs: []net.IP{net.ParseIP(loopback)}},
		{Name: "kube-apiserver", User: "kube-apiserver", Hosts: []string{
			"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + clusterDomain,
		}, IPs: l.apiAddresses()},
		{Name: "kube-controller-manager", User: "system:kube-controller-manager"},
	}
	if l.ControlPlane {
		return specs
	}
	return append(specs,
		pki.Spec{Name: "kubelet-client", User: "kube-apiserver-kubelet-client", Groups: []string{"system:masters"}},
		pki.Spec{Name: "kube-scheduler", User: "system:kube-scheduler"},
		pki.Spec{Name: "kubelet", User: "system:node:" + l.Name, Groups: []string{"system:nodes"}},
		pki.Spec{Name: "kubelet-serving", User: "system:node:" + l.Name, Groups: []string{"system:nodes"}, Hosts: []string{l.Name}, IPs: []net.IP{l.address.AsSlice()}},
		pki.Spec{Name: "kube-proxy", User: "system:kube-proxy"},
		pki.Spec{Name: "coredns", User: "localkube:coredns"},
		pki.Spec{Name: "volume-provisioner", User: "localkube:volume-provisioner"},
		pki.Spec{Name: "metrics-server", User: "localkube:metrics-server"},
		pki.Spec{Name: "metrics-serving", User: "localkube:metrics-serving", Hosts: []string{"metrics-server.kube-system.svc"}},
	)
}

func etcdCertificates() []pki.Spec {
	return []pki.Spec{
		{Name: "etcd", User: "etcd", Hosts: []string{"localhost"}, IPs: []net.IP{net.ParseIP(loopback)}},
		{Name: "etcd-client", User: "kube-apiserver"},
	}
}

func (l layout) apiAddresses() []net.IP {
	addresses := []net.IP{net.ParseIP(loopback), net.ParseIP(apiService)}
	if !l.ControlPlane {
		addresses = append(addresses, l.address.AsSlice())
	}
	return addresses
}
