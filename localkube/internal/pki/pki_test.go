package pki

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

var server = Spec{Name: "server", User: "server", Hosts: []string{"localhost"}, IPs: []net.IP{net.ParseIP("127.0.0.1")}}

func authority(t *testing.T, dir string, now time.Time) *Authority {
	t.Helper()
	made, err := LoadAuthority(dir, "ca", now)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestServerAndClientTrustEachOther(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	ca := authority(t, dir, now)
	client := Spec{Name: "client", User: "system:node:a", Groups: []string{"system:nodes"}}
	for _, spec := range []Spec{server, client} {
		if made, err := ca.Ensure(dir, spec, now); err != nil || !made {
			t.Fatalf("Ensure(%s) = %t, %v", spec.Name, made, err)
		}
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca.PEM) {
		t.Fatal("the authority's PEM holds no certificate")
	}
	serving, calling := pair(t, dir, "server"), pair(t, dir, "client")
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	deadline := now.Add(10 * time.Second)
	if near.SetDeadline(deadline) != nil || far.SetDeadline(deadline) != nil {
		t.Fatal("no deadline")
	}
	listening := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{serving}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert})
	handshake := make(chan error, 1)
	go func() { handshake <- listening.Handshake() }()
	if err := tls.Client(near, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", Certificates: []tls.Certificate{calling}}).Handshake(); err != nil {
		t.Fatalf("the client does not trust the server: %v", err)
	}
	if err := <-handshake; err != nil {
		t.Fatalf("the server does not trust the client: %v", err)
	}
	subject := listening.ConnectionState().PeerCertificates[0].Subject
	if subject.CommonName != client.User || len(subject.Organization) != 1 || subject.Organization[0] != client.Groups[0] {
		t.Errorf("the server sees %v, want user %s of %v", subject, client.User, client.Groups)
	}
}

func TestEnsureRenewsWhatIsNoLongerGood(t *testing.T) {
	now := time.Now()
	tests := map[string]struct {
		spec   Spec
		later  time.Duration
		spoil  func(t *testing.T, dir string)
		made   bool
		reason string
	}{
		"Good":         {spec: server, reason: "nothing changed"},
		"StillGood":    {spec: server, later: certificateLife - RenewBefore - time.Hour, reason: "its end is far"},
		"NearItsEnd":   {spec: server, later: certificateLife - RenewBefore + time.Hour, made: true, reason: "it would end while in use"},
		"OtherAddress": {spec: Spec{Name: "server", User: "server", Hosts: server.Hosts, IPs: []net.IP{net.ParseIP("198.18.0.2")}}, made: true, reason: "the node moved"},
		"OtherUser":    {spec: Spec{Name: "server", User: "other", Hosts: server.Hosts, IPs: server.IPs}, made: true, reason: "it speaks for another"},
		"KeyDamaged": {spec: server, made: true, reason: "it cannot be used", spoil: func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "server.key"), "half a k")
		}},
		"CertificateMissing": {spec: server, made: true, reason: "it cannot be used", spoil: func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "server.crt")); err != nil {
				t.Fatal(err)
			}
		}},
		"OtherAuthority": {spec: server, made: true, reason: "no client trusts the old one any more", spoil: func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "ca.crt"), "")
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := authority(t, dir, now).Ensure(dir, server, now); err != nil {
				t.Fatal(err)
			}
			if test.spoil != nil {
				test.spoil(t, dir)
			}
			at := now.Add(test.later)
			ca := authority(t, dir, at)
			made, err := ca.Ensure(dir, test.spec, at)
			if err != nil {
				t.Fatal(err)
			}
			if made != test.made {
				t.Errorf("Ensure made a new one: %t, want %t: %s", made, test.made, test.reason)
			}
			if err := pair(t, dir, "server").Leaf.CheckSignatureFrom(ca.Certificate); err != nil {
				t.Errorf("the certificate is not the authority's: %v", err)
			}
		})
	}
}

func TestAuthorityIsKept(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	first, second := authority(t, dir, now), authority(t, dir, now.Add(time.Hour))
	if !first.Certificate.Equal(second.Certificate) {
		t.Error("an authority with years to go was replaced")
	}
	third := authority(t, dir, now.Add(authorityLife))
	if third.Certificate.Equal(second.Certificate) {
		t.Error("an authority at its end was kept")
	}
}

func TestSecretsAreTheirOwnersAlone(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	ca := authority(t, dir, now)
	if _, err := ca.Ensure(dir, server, now); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "kubeconfig")
	if err := ca.WriteKubeconfig(config, "https://127.0.0.1:6443", "test", dir, "server"); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"ca.key", "server.key", "kubeconfig"} {
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o, want 600", file, got)
		}
	}
	loaded, err := clientcmd.BuildConfigFromFlags("", config)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Host != "https://127.0.0.1:6443" || len(loaded.CAData) == 0 || len(loaded.CertData) == 0 || len(loaded.KeyData) == 0 {
		t.Errorf("the kubeconfig leads to %s and misses a part", loaded.Host)
	}
}

func pair(t *testing.T, dir, name string) tls.Certificate {
	t.Helper()
	loaded, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
