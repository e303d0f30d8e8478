package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"os"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

const (
	// maxRequestsPerHost bounds the requests of one host that are under way, so that a shop that hangs or is flooded
	// leaves memory to the others.
	maxRequestsPerHost = 2048
	// statusClientClosed is counted for clients that left before their response, as nginx does.
	statusClientClosed = 499
)

// errUnaskedSwitch means that a pod has changed the protocol without having been asked to.
var errUnaskedSwitch = errors.New("the pod has changed the protocol without having been asked to")

// handler looks up who serves a request. It answers those that no pod can serve and passes the others on.
type handler struct {
	table     *table
	metrics   *metrics
	clock     clock.PassiveClock
	bodyStall time.Duration
	// compressed and plain both lead to a pod, compressed by way of compression.
	compressed, plain http.Handler
}

func newHandler(
	table *table, metrics *metrics, clock clock.PassiveClock, bodyStall time.Duration, proxies trustedProxies, transport http.RoundTripper,
) (*handler, error) {
	proxy := &httputil.ReverseProxy{
		Rewrite:        proxies.rewrite,
		Transport:      transport,
		ModifyResponse: checkResponse,
		ErrorHandler:   writeError,
		BufferPool:     &bufferPool{},
		// It would log what clients and pods do wrong. The metrics count it.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	compress, err := newCompression()
	if err != nil {
		return nil, err
	}
	return &handler{
		table: table, metrics: metrics, clock: clock, bodyStall: bodyStall, compressed: compress(markFront(proxy)), plain: proxy,
	}, nil
}

// markFront tells the response of each request which writer the proxy writes to.
func markFront(proxy http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if response, ok := responseOf(r.Context()); ok {
			response.front = w
		}
		proxy.ServeHTTP(w, r)
	})
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := h.clock.Now()
	host, endpoints, known := h.table.lookup(r.Host, r.URL.Path)
	body := newRequestBody(r, http.NewResponseController(w).SetReadDeadline, h.clock, h.bodyStall)
	response := &responseWriter{ResponseWriter: w, body: body, conn: connOf(r)}
	// A copy: net/http keeps its own view of the request, and closes the connection by that.
	request := withResponse(r, response)
	request.Body = body
	h.metrics.inFlight.Add(1)
	defer func() { // Also when the proxy aborts a response by a panic that net/http expects.
		body.release()
		response.end()
		h.metrics.inFlight.Add(-1)
		h.metrics.observe(host, response.status, h.clock.Since(start))
	}()
	switch {
	case r.Method == http.MethodConnect || r.Method == http.MethodTrace:
		writePage(response, http.StatusMethodNotAllowed)
	case !known:
		writePage(response, http.StatusNotFound)
	case len(endpoints) == 0:
		writePage(response, http.StatusServiceUnavailable)
	case r.ContentLength > maxBody:
		writePage(response, http.StatusRequestEntityTooLarge)
	default:
		h.proxy(host, response, request)
	}
}

// proxy passes a request on, unless its host has too many under way.
func (h *handler) proxy(host *host, w *responseWriter, r *http.Request) {
	defer host.running.Add(-1)
	if host.running.Add(1) > maxRequestsPerHost {
		writePage(w, http.StatusServiceUnavailable)
		return
	}
	if r.Header.Get("Upgrade") != "" {
		h.plain.ServeHTTP(w, r)
		return
	}
	h.compressed.ServeHTTP(w, r)
}

// checkResponse refuses a pod's response that changes the protocol without having been asked to. It would hand the pod the
// client's connection, on which a proxy in front of the gateway may send other clients' requests. It is called by
// httputil.ReverseProxy.
func checkResponse(response *http.Response) error {
	if response.StatusCode == http.StatusSwitchingProtocols && response.Request.Header.Get("Upgrade") == "" {
		return errUnaskedSwitch
	}
	return nil
}

// writeError answers a request that no pod has answered. It is called by httputil.ReverseProxy.
func writeError(_ http.ResponseWriter, r *http.Request, err error) {
	response, ok := responseOf(r.Context())
	if !ok || response.status != 0 {
		return
	}
	status := errorStatus(r.Context(), err, response.body)
	if status == statusClientClosed {
		response.status = status
		return
	}
	writePage(response, status)
}

// errorStatus returns the status to answer an error of the proxy with. As for a store that is not ready, 503 means that no
// pod has seen the request; after 502 and 504 a client cannot know.
func errorStatus(ctx context.Context, err error, body *requestBody) int {
	if status := body.failureStatus(); status != 0 {
		return status
	}
	var noConnection dialError
	switch {
	case ctx.Err() != nil:
		return statusClientClosed
	case errors.Is(err, errNoEndpoint) || errors.As(err, &noConnection):
		return http.StatusServiceUnavailable
	case errors.Is(err, os.ErrDeadlineExceeded) || isTimeout(err):
		return http.StatusGatewayTimeout
	default:
		return http.StatusBadGateway
	}
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// bufferPool keeps the buffers that responses are copied with. It implements httputil.BufferPool.
type bufferPool struct{ pool sync.Pool }

// bufferSize is small because a response gathers elsewhere: in the reader of the pod's connection and in clientConn.
const bufferSize = 8 << 10

// Get implements httputil.BufferPool.
func (p *bufferPool) Get() []byte {
	if buffer, ok := p.pool.Get().(*[bufferSize]byte); ok {
		return buffer[:]
	}
	return make([]byte, bufferSize)
}

// Put implements httputil.BufferPool.
func (p *bufferPool) Put(buffer []byte) { p.pool.Put((*[bufferSize]byte)(buffer)) }
