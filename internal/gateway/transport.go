package gateway

import (
	"context"
	"errors"
	"io"
	"math"
	"mime"
	"net"
	"net/http"
	"time"

	"k8s.io/utils/clock"
)

// The bounds on pods.
const (
	dialTimeout = 2 * time.Second
	// responseTimeout is how long a pod may take to begin its response. Imports and reports are slow.
	responseTimeout = 2 * time.Minute
	// podIdleTimeout is how long an unused connection to a pod is kept. Node.js and Apache close theirs after five
	// seconds; the gateway had better be first.
	podIdleTimeout = 4 * time.Second
	maxIdlePerPod  = 64

	// A request that found no connection is tried again, whatever its method: no pod has seen it. One that broke later is
	// tried again only if its method is safe.
	maxRetries    = 3
	retryInterval = 100 * time.Millisecond
	// retryTime is when the last try may begin.
	retryTime = 5 * time.Second
)

// errNoEndpoint means that no pod can take requests for a host.
var errNoEndpoint = errors.New("no pod is ready")

// dialError means that there was no connection to a pod, so the pod has not seen the request.
type dialError struct{ error }

// Unwrap is for errors.As.
func (e dialError) Unwrap() error { return e.error }

// podTransport sends requests to the pods behind their host. It looks the pods up before each try, so that a retry goes to
// those that are there by then.
//
// A pod may close a kept connection at any moment, as it does when it ends. A request that was sent into it by then is
// lost, and it cannot be told whether the pod has read it. For reading that means another try. An order gets a connection
// of its own: either it can be made, or the order has not been sent.
type podTransport struct {
	table    *table
	failures *failures
	clock    clock.WithTicker
	kept     *podClient
	fresh    *http.Transport
}

func newPodTransport(table *table, clock clock.WithTicker) *podTransport {
	return &podTransport{
		table: table, failures: newFailures(clock), clock: clock,
		kept: &podClient{dial: dialPod, clock: clock, idle: map[string][]*podConn{}},
		fresh: &http.Transport{
			DialContext: dialPod,
			// Clients negotiate compression with the pod, or else with the gateway.
			DisableCompression: true,
			DisableKeepAlives:  true, ResponseHeaderTimeout: responseTimeout, MaxResponseHeaderBytes: maxHeaderBytes,
		},
	}
}

// run closes connections to pods that no request has used of late until the context is done, and then all of them.
func (t *podTransport) run(ctx context.Context) {
	ticker := t.clock.NewTicker(podIdleTimeout)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C():
			t.kept.closeIdle(podIdleTimeout)
		case <-ctx.Done():
		}
	}
	t.kept.closeIdle(0)
}

// dialPod connects to a pod.
func dialPod(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, address)
	if err != nil {
		return nil, dialError{err}
	}
	return stallConn{conn}, nil
}

// RoundTrip implements http.RoundTripper.
func (t *podTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	start := t.clock.Now()
	for try := 0; ; try++ {
		response, err := t.try(r)
		if err == nil || try == maxRetries || !canRetry(r, err) || t.clock.Since(start) >= retryTime {
			return response, err
		}
		timer := t.clock.NewTimer(retryInterval)
		select {
		case <-timer.C():
		case <-r.Context().Done():
			timer.Stop()
			return nil, context.Cause(r.Context())
		}
	}
}

// try sends the request to one pod.
func (t *podTransport) try(r *http.Request) (*http.Response, error) {
	_, endpoints, _ := t.table.lookup(r.Host, r.URL.Path)
	endpoint, ok := t.failures.choose(endpoints)
	if !ok {
		return nil, errNoEndpoint
	}
	// The one before may still be read by a try that failed.
	out, url := *r, *r.URL
	url.Scheme, url.Host = "http", endpoint
	out.URL = &url
	if r.Body != nil {
		out.Body = io.NopCloser(r.Body) // A try that found no connection must not close it for the next.
	}
	response, err := t.send(&out)
	if err != nil && canRetry(r, err) { // Otherwise it may be the client that broke off.
		t.failures.add(endpoint)
	}
	return response, err
}

// send sends a request on a kept connection if it may be lost on one.
func (t *podTransport) send(r *http.Request) (*http.Response, error) {
	if !isSafe(r.Method) || r.Body != nil || r.Header.Get("Upgrade") != "" {
		return t.fresh.RoundTrip(r)
	}
	response, err := t.kept.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, isKept := response.Body.(*podBody)
	if writer, ok := responseOf(r.Context()); ok && isKept && writer.conn != nil && !isEventStream(response) {
		body.conn.beforeWait = writer.hold()
		if response.ContentLength < 0 {
			// For -1, httputil.ReverseProxy starts a timer and flushes after each write. It is flushed before each wait.
			response.ContentLength = math.MinInt64
		}
	}
	return response, nil
}

// isEventStream reports whether each part of a response has to arrive at once. httputil.ReverseProxy flushes it, from more
// than one goroutine.
func isEventStream(response *http.Response) bool {
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return mediaType == "text/event-stream"
}

// canRetry reports whether a request that has failed may be sent again.
func canRetry(r *http.Request, err error) bool {
	var noConnection dialError
	switch {
	case r.Context().Err() != nil:
		return false
	case errors.Is(err, errNoEndpoint) || errors.As(err, &noConnection):
		return true
	default:
		return isSafe(r.Method) && r.Body == nil
	}
}

// isSafe reports whether a method changes nothing, so that twice is the same as once.
func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
