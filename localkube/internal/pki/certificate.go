package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"time"
)

const certificateLife = 365 * 24 * time.Hour

// Spec says what a certificate is for.
type Spec struct {
	// Name is the file name without its ending.
	Name string
	// User and Groups are who the certificate speaks for.
	User   string
	Groups []string
	// Hosts and IPs are what a server certificate answers for. A certificate without them is a client's.
	Hosts []string
	IPs   []net.IP
}

// Ensure writes the certificate <dir>/<name>.crt and its key, unless a good one is there: signed by this authority, for the same names,
// and far from its end. It tells whether it wrote one.
func (a *Authority) Ensure(dir string, spec Spec, now time.Time) (bool, error) {
	if a.current(dir, spec, now) {
		return false, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return false, fmt.Errorf("create key %s: %w", spec.Name, err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: spec.User, Organization: spec.Groups},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(certificateLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           spec.usages(),
		BasicConstraintsValid: true,
		DNSNames:              spec.Hosts,
		IPAddresses:           spec.IPs,
	}
	return true, issue(dir, spec.Name, template, a.Certificate, key, a.key)
}

// usages lets servers be clients too: etcd talks to itself with its serving certificate.
func (s Spec) usages() []x509.ExtKeyUsage {
	if len(s.Hosts)+len(s.IPs) > 0 {
		return []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	return []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
}

func (a *Authority) current(dir string, spec Spec, now time.Time) bool {
	have, _, err := readCertificate(filepath.Join(dir, spec.Name+".crt"))
	if err != nil || !now.Add(RenewBefore).Before(have.NotAfter) {
		return false
	}
	key, err := readKey(filepath.Join(dir, spec.Name+".key"))
	if err != nil || !key.PublicKey.Equal(have.PublicKey) {
		return false
	}
	return have.CheckSignatureFrom(a.Certificate) == nil &&
		have.Subject.CommonName == spec.User &&
		slices.Equal(have.Subject.Organization, spec.Groups) &&
		slices.Equal(have.DNSNames, spec.Hosts) &&
		slices.EqualFunc(have.IPAddresses, spec.IPs, net.IP.Equal) &&
		slices.Equal(have.ExtKeyUsage, spec.usages())
}
