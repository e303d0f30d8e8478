package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// probe asks components whether they are well.
type probe struct{ client *http.Client }

// dial opens a connection. Nil means the ordinary way.
type dial func(ctx context.Context, network, address string) (net.Conn, error)

// newProbe returns a probe that trusts the named authority and speaks for the named certificate.
func newProbe(l layout, authority, certificate string, dial dial) (*probe, error) {
	roots := x509.NewCertPool()
	content, err := os.ReadFile(l.pki(authority + ".crt"))
	if err != nil {
		return nil, fmt.Errorf("create probe: %w", err)
	}
	if !roots.AppendCertsFromPEM(content) {
		return nil, errors.New("create probe: no certificate in " + authority)
	}
	pair, err := tls.LoadX509KeyPair(l.pki(certificate+".crt"), l.pki(certificate+".key"))
	if err != nil {
		return nil, fmt.Errorf("create probe: %w", err)
	}
	return plainProbe(&tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, dial), nil
}

func plainProbe(config *tls.Config, dial dial) *probe {
	return &probe{client: &http.Client{
		Timeout:   2 * time.Second,
		Transport: &http.Transport{TLSClientConfig: config, DialContext: dial, DisableKeepAlives: true},
	}}
}

// ask returns nil where the address answers 200.
func (p *probe) ask(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 2000))
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %s", response.Status, strings.TrimSpace(string(body)))
}
