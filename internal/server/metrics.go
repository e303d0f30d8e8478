package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// metrics are the server's own measurements.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	streams  prometheus.Gauge
}

func newMetrics(registry *prometheus.Registry, feed Feed) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shopflow_http_requests_total", Help: "Requests, by route, method and status.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "shopflow_http_request_seconds", Help: "Duration of requests that are not streams, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15},
		}, []string{"route"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shopflow_event_streams", Help: "Open streams of stores and logs.",
		}),
	}
	registry.MustRegister(m.requests, m.seconds, m.streams, &storeCollector{feed: feed, count: prometheus.NewDesc(
		"shopflow_stores", "Stores, by state.", []string{"state"}, nil,
	)}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// GetMetrics answers GET /metrics.
func (s *server) GetMetrics(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// observe counts a request. Labels have few values, whatever clients send.
func (m *metrics) observe(pattern, method string, status int, stream bool, took time.Duration) {
	if pattern == "" {
		pattern = "none"
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(pattern, method, strconv.Itoa(status)).Inc()
	if !stream {
		m.seconds.WithLabelValues(pattern).Observe(took.Seconds())
	}
}

// storeCollector counts the stores when the metrics are read.
type storeCollector struct {
	feed  Feed
	count *prometheus.Desc
}

// Describe is called by the registry.
func (c *storeCollector) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- c.count }

// Collect is called by the registry.
func (c *storeCollector) Collect(measurements chan<- prometheus.Metric) {
	counts := c.feed.CountByState()
	for _, state := range v1alpha1.States() {
		measurements <- prometheus.MustNewConstMetric(c.count, prometheus.GaugeValue, float64(counts[state]), string(state))
	}
}
