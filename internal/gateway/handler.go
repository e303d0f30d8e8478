package gateway

import (
	"errors"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	"k8s.io/utils/clock"
)

// maxBody bounds what a client may send with one request. Shops take pictures and imports.
const maxBody = 64 << 20

// handler looks up who serves a request and answers those that nobody can serve. The others go on to Caddy's reverse
// proxy, which asks upstreams where to.
type handler struct {
	table   *table
	metrics *metrics
	clock   clock.PassiveClock
}

// ServeHTTP is called by Caddy. It answers every request itself or through next, and returns no error: Caddy would log it
// with the request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	start := h.clock.Now()
	host, endpoints, known := h.table.lookup(r.Host, r.URL.Path)
	sent := newBody(r.Body, r.ContentLength)
	r.Body = sent
	answer := &answerWriter{ResponseWriterWrapper: &caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, body: sent}
	recorder := caddyhttp.NewResponseRecorder(answer, nil, nil)
	h.metrics.inFlight.Add(1)
	defer func() { // Also when the proxy aborts an answer by a panic that net/http expects.
		h.metrics.inFlight.Add(-1)
		h.metrics.observe(host, recorder.Status(), h.clock.Since(start))
	}()
	switch {
	case !known:
		writePage(recorder, http.StatusNotFound)
		return nil
	case len(endpoints) == 0:
		writePage(recorder, http.StatusServiceUnavailable)
		return nil
	}
	if r.ContentLength > maxBody {
		writePage(recorder, http.StatusRequestEntityTooLarge)
		return nil
	}
	r.Body = http.MaxBytesReader(recorder, r.Body, maxBody)
	dropForwarded(r)
	if err := next.ServeHTTP(recorder, r); err != nil && recorder.Status() < http.StatusOK { // 100 Continue is no answer yet.
		writePage(recorder, statusOf(err))
	}
	return nil
}

// statusOf returns the status to answer an error of the proxy with. As for a store that is not ready, 503 means that nobody
// has seen the request; after 502 and 504 a client cannot know.
func statusOf(err error) int {
	var (
		tooLarge *http.MaxBytesError
		refused  reverseproxy.DialError
		failed   caddyhttp.HandlerError
	)
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.As(err, &refused):
		return http.StatusServiceUnavailable
	case errors.As(err, &failed) && failed.StatusCode >= http.StatusBadRequest:
		return failed.StatusCode
	default:
		return http.StatusBadGateway
	}
}

// dropForwarded removes what a client may say about itself in headers that shops might believe. The proxy sets
// X-Forwarded-For, -Proto and -Host itself. A trusted proxy in front of the gateway may say what it likes.
func dropForwarded(r *http.Request) {
	if trusted, _ := caddyhttp.GetVar(r.Context(), caddyhttp.TrustedProxyVarKey).(bool); trusted {
		return
	}
	for _, name := range []string{
		"Forwarded", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server",
		"X-Forwarded-Scheme", "X-Forwarded-Ssl", "X-Original-Url", "X-Rewrite-Url",
	} {
		r.Header.Del(name)
	}
}
