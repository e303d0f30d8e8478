package observe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

const (
	// countFor bounds how long one gateway may take to tell its counts, and countBytes how much it may say.
	countFor   = 2 * time.Second
	countBytes = 8 << 20
)

// Requests counts requests by the class of their answer's status.
type Requests struct {
	Total, OK, Redirects, ClientErrors, ServerErrors int64
}

// Gateways reads the counts of requests from every gateway behind an address.
type Gateways struct {
	address *url.URL
	client  *http.Client
	lookup  func(ctx context.Context, host string) ([]string, error)
}

// NewGateways returns a reader for the address, such as http://shopflow-gateway-metrics:8081/metrics. Its name may stand for many.
func NewGateways(address string) (*Gateways, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" {
		return nil, fmt.Errorf("%q is not an address such as http://gateway:8081/metrics", address)
	}
	// Straight to the pods: a proxy of the machine knows nothing of them.
	return &Gateways{address: parsed, client: &http.Client{Timeout: countFor, Transport: &http.Transport{}}, lookup: net.DefaultResolver.LookupHost}, nil
}

// Count returns the requests to a host, of all gateways together.
func (g *Gateways) Count(ctx context.Context, host string) (Requests, error) {
	addresses, err := g.lookup(ctx, g.address.Hostname())
	if err != nil {
		return Requests{}, fmt.Errorf("find the gateways: %w", err)
	}
	var sum Requests
	for _, address := range addresses {
		at := *g.address
		at.Host = net.JoinHostPort(address, g.address.Port())
		if err := g.add(ctx, at.String(), host, &sum); err != nil {
			return Requests{}, err
		}
	}
	return sum, nil
}

func (g *Gateways) add(ctx context.Context, address, host string, sum *Requests) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("ask a gateway: %w", err)
	}
	answer, err := g.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask a gateway: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return errors.New("ask a gateway: it answered " + answer.Status)
	}
	return sum.read(io.LimitReader(answer.Body, countBytes), host)
}

// read adds what the Prometheus text says of a host.
func (r *Requests) read(text io.Reader, host string) error {
	line := regexp.MustCompile(`^shopflow_gateway_requests_total\{code="([a-z0-9]+)",host="` + regexp.QuoteMeta(host) + `"\} ([0-9.e+]+)$`)
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		parts := line.FindStringSubmatch(lines.Text())
		if parts == nil {
			continue
		}
		value, err := strconv.ParseFloat(parts[2], 64)
		if err != nil {
			return fmt.Errorf("read a gateway's counts: %w", err)
		}
		count := int64(value)
		r.Total += count
		switch parts[1] {
		case "2xx":
			r.OK += count
		case "3xx":
			r.Redirects += count
		case "4xx":
			r.ClientErrors += count
		case "5xx":
			r.ServerErrors += count
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read a gateway's counts: %w", err)
	}
	return nil
}
