// Package pki creates the certificates and kubeconfigs of a node, and renews them before they end.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	// RenewBefore is how long before its end a certificate is replaced.
	RenewBefore = 30 * 24 * time.Hour
	// skew allows for clocks that are a little behind.
	skew = 5 * time.Minute
)

// Authority signs certificates.
type Authority struct {
	Certificate *x509.Certificate
	// PEM is the certificate as others read it.
	PEM []byte
	key *ecdsa.PrivateKey
}

// LoadAuthority reads the authority <dir>/<name>.crt and .key, or creates it where it is missing, damaged or near its end.
func LoadAuthority(dir, name string, now time.Time) (*Authority, error) {
	if authority, err := readAuthority(dir, name); err == nil && now.Add(RenewBefore).Before(authority.Certificate.NotAfter) {
		return authority, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("create key of authority %s: %w", name, err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "localkube-" + name},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(authorityLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	if err := issue(dir, name, template, template, key, key); err != nil {
		return nil, err
	}
	return readAuthority(dir, name)
}

func readAuthority(dir, name string) (*Authority, error) {
	certificate, content, err := readCertificate(filepath.Join(dir, name+".crt"))
	if err != nil {
		return nil, err
	}
	key, err := readKey(filepath.Join(dir, name+".key"))
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(certificate.PublicKey) {
		return nil, fmt.Errorf("read authority %s: key and certificate belong to different pairs", name)
	}
	return &Authority{Certificate: certificate, PEM: content, key: key}, nil
}

// LoadKey reads a private key, or creates it where it is missing or damaged.
func LoadKey(path string) error {
	if _, err := readKey(path); err == nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("create key %s: %w", filepath.Base(path), err)
	}
	return writeKey(path, key)
}

// issue signs a certificate and writes it and its key.
func issue(dir, name string, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) error {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return fmt.Errorf("create serial number: %w", err)
	}
	template.SerialNumber = serial
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return fmt.Errorf("sign certificate %s: %w", name, err)
	}
	if err := writeKey(filepath.Join(dir, name+".key"), key); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	return writeFile(path, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}

// writeFile replaces a file in one step: a reader, or a crash, never meets half of it.
func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	part := path + ".part"
	if err := os.WriteFile(part, content, 0o600); err != nil { // #nosec G703 -- a file of the instance
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

func readCertificate(path string) (*x509.Certificate, []byte, error) {
	content, err := os.ReadFile(path) // #nosec G304 -- a file of the instance
	if err != nil {
		return nil, nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, nil, fmt.Errorf("read %s: no PEM block", filepath.Base(path))
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	return certificate, content, err
}

func readKey(path string) (*ecdsa.PrivateKey, error) {
	content, err := os.ReadFile(path) // #nosec G304 -- a file of the instance
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("read %s: no PEM block", filepath.Base(path))
	}
	return x509.ParseECPrivateKey(block.Bytes)
}
