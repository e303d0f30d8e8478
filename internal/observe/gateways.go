package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const (
	// gatewayTimeout bounds how long one gateway may take to answer, and gatewayBytes how much it may send.
	gatewayTimeout = 2 * time.Second
	gatewayBytes   = 8 << 20
	// requestsMetric is the counter of a gateway's requests, by the labels host and code.
	requestsMetric = "shopflow_gateway_requests_total"
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

// NewGateways returns a reader for the address, such as http://shopflow-gateway-metrics:8081/metrics. Its host may resolve to many.
func NewGateways(address string) (*Gateways, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" {
		return nil, fmt.Errorf("%q is not an address such as http://gateway:8081/metrics", address)
	}
	// No proxy: these are addresses of pods.
	return &Gateways{address: parsed, client: &http.Client{Timeout: gatewayTimeout, Transport: &http.Transport{}}, lookup: net.DefaultResolver.LookupHost}, nil
}

// Count returns the requests to a host, of all gateways together.
func (g *Gateways) Count(ctx context.Context, host string) (Requests, error) {
	addresses, err := g.lookup(ctx, g.address.Hostname())
	if err != nil {
		return Requests{}, fmt.Errorf("find the gateways: %w", err)
	}
	var sum Requests
	for _, address := range addresses {
		gateway := *g.address
		gateway.Host = net.JoinHostPort(address, g.address.Port())
		if err := g.add(ctx, gateway.String(), host, &sum); err != nil {
			return Requests{}, fmt.Errorf("ask gateway %s: %w", address, err)
		}
	}
	return sum, nil
}

func (g *Gateways) add(ctx context.Context, address, host string, sum *Requests) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := g.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return errors.New("it answered " + answer.Status)
	}
	return sum.read(io.LimitReader(answer.Body, gatewayBytes), host)
}

// read adds the counts of a host from metrics in Prometheus' text format.
func (r *Requests) read(metrics io.Reader, host string) error {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(metrics)
	if err != nil {
		return fmt.Errorf("read metrics: %w", err)
	}
	for _, metric := range families[requestsMetric].GetMetric() {
		if label(metric, "host") == host {
			r.add(label(metric, "code"), int64(metric.GetCounter().GetValue()))
		}
	}
	return nil
}

// add adds the count of a class of statuses, such as 2xx.
func (r *Requests) add(class string, count int64) {
	r.Total += count
	switch class {
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

func label(metric *dto.Metric, name string) string {
	for _, pair := range metric.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}
