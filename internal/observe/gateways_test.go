package observe

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// gatewayMetrics answers as a gateway does, with more than the counts of one host.
func gatewayMetrics() http.Handler {
	registry := prometheus.NewRegistry()
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: requestsMetric, Help: "Requests, by \"host\"\nand class."}, []string{"host", "code"})
	seconds := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "shopflow_gateway_request_seconds", Help: "Seconds."})
	registry.MustRegister(requests, seconds)
	for class, count := range map[string]float64{"1xx": 1, "2xx": 20_000_000, "3xx": 3, "4xx": 4, "5xx": 5} {
		requests.WithLabelValues("demo.example", class).Add(count)
		requests.WithLabelValues("other.example", class).Add(1000)
	}
	seconds.Observe(1)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

func gatewaysAt(t *testing.T, handler http.Handler, addresses ...string) *Gateways {
	t.Helper()
	served := httptest.NewServer(handler)
	t.Cleanup(served.Close)
	gateways, err := NewGateways(served.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	gateways.lookup = func(context.Context, string) ([]string, error) { return addresses, nil }
	return gateways
}

func TestCountAddsUpTheGateways(t *testing.T) {
	for name, test := range map[string]struct {
		host string
		want Requests
	}{
		"Counted": {"demo.example", Requests{Total: 40_000_026, OK: 40_000_000, Redirects: 6, ClientErrors: 8, ServerErrors: 10}},
		"Unknown": {"new.example", Requests{}},
		"Part":    {"demo", Requests{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := gatewaysAt(t, gatewayMetrics(), "127.0.0.1", "127.0.0.1").Count(t.Context(), test.host)
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestCountFailsWithOneGateway(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"Status": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"Text":   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>hello</html>\n")) },
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := gatewaysAt(t, handler, "127.0.0.1").Count(t.Context(), "demo.example"); err == nil {
				t.Errorf("got %+v, want an error", got)
			}
		})
	}
}

func TestNewGatewaysRefusesWhatIsNoAddress(t *testing.T) {
	for _, address := range []string{"", "gateway:8081", "https://gateway:8081/metrics", "http:///metrics"} {
		if _, err := NewGateways(address); err == nil {
			t.Errorf("%q is accepted", address)
		}
	}
}
