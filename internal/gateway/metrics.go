package gateway

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// classes are the values of the label code, by the first digit of the status.
func classes() [6]string { return [6]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"} }

// metrics is what the gateway measures of itself. Labels have few values, whatever clients send: a host is named only
// while an Ingress has it.
type metrics struct {
	registry *prometheus.Registry
	seconds  [6]prometheus.Observer
	unknown  host // The requests to hosts that no Ingress has.
	inFlight atomic.Int64
}

func newMetrics(table *table, conflicts func() int) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	m.unknown.name = "unknown"
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "shopflow_gateway_request_seconds", Help: "Time from the head of a request to the end of its response, by class of status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60},
	}, []string{"code"})
	for i, class := range classes() {
		m.seconds[i] = seconds.WithLabelValues(class)
	}
	m.registry.MustRegister(
		seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&tableCollector{
			table: table, unknown: &m.unknown, conflicts: conflicts, inFlight: &m.inFlight,
			requests: prometheus.NewDesc("shopflow_gateway_requests_total", "Requests, by host and class of status.", []string{"host", "code"}, nil),
			hosts:    prometheus.NewDesc("shopflow_gateway_hosts", "Hosts that are routed.", nil, nil),
			claims:   prometheus.NewDesc("shopflow_gateway_refused_hosts", "Claims of an Ingress to a host that an older one has.", nil, nil),
			running:  prometheus.NewDesc("shopflow_gateway_requests_in_flight", "Requests under way.", nil, nil),
		},
	)
	return m
}

// observe counts a request that is done. A nil host stands for those that no Ingress has.
func (m *metrics) observe(h *host, status int, took time.Duration) {
	class := status / 100
	if class < 0 || class > 5 {
		class = 0
	}
	if h == nil {
		h = &m.unknown
	}
	h.answers[class].Add(1)
	m.seconds[class].Observe(took.Seconds())
}

// tableCollector reads the counters of the hosts whenever metrics are collected.
type tableCollector struct {
	table                            *table
	unknown                          *host
	conflicts                        func() int
	inFlight                         *atomic.Int64
	requests, hosts, claims, running *prometheus.Desc
}

// Describe is called by the registry.
func (c *tableCollector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, description := range []*prometheus.Desc{c.requests, c.hosts, c.claims, c.running} {
		descriptions <- description
	}
}

// Collect is called by the registry.
func (c *tableCollector) Collect(measurements chan<- prometheus.Metric) {
	names, count := classes(), 0
	report := func(h *host) {
		for i := range h.answers {
			if n := h.answers[i].Load(); n > 0 {
				measurements <- prometheus.MustNewConstMetric(c.requests, prometheus.CounterValue, float64(n), h.name, names[i])
			}
		}
	}
	report(c.unknown)
	c.table.each(func(h *host) {
		count++
		report(h)
	})
	measurements <- prometheus.MustNewConstMetric(c.hosts, prometheus.GaugeValue, float64(count))
	measurements <- prometheus.MustNewConstMetric(c.claims, prometheus.GaugeValue, float64(c.conflicts()))
	measurements <- prometheus.MustNewConstMetric(c.running, prometheus.GaugeValue, float64(c.inFlight.Load()))
}
