package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"shopflow.dev/shopflow/internal/problem"
)

const (
	// requestTimeout bounds the work for one request that is not a stream.
	requestTimeout = 15 * time.Second
	// dashboardPattern counts as one route whatever page is requested.
	dashboardPattern = "GET /"
)

// ServeHTTP does what all requests have in common, and lets the route answer.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := s.clock.Now()
	r = withRequestID(r)
	handler, pattern := s.match(r)
	recorder := &responseRecorder{ResponseWriter: w}
	defer func() { s.observe(r, recorder, pattern, s.clock.Since(start)) }()
	defer s.recover(recorder, r)
	setSecurityHeaders(recorder.Header(), requestID(r.Context()))
	handler.ServeHTTP(recorder, r)
}

// match returns what answers the request, and the pattern that it matched; empty if the contract has no such path.
func (s *server) match(r *http.Request) (handler http.Handler, pattern string) {
	switch _, pattern := s.mux.Handler(r); {
	case pattern != "":
		return s.mux, pattern
	case s.dashboard != nil && isPage(r):
		return s.dashboard, dashboardPattern
	default:
		return s.unmatched, ""
	}
}

// isPage reports whether the request may be for a page or a file of the dashboard. Those are public: what is in the pages comes from
// the API. A path below /api/ that does not exist is a problem and never a page.
func isPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && !strings.HasPrefix(r.URL.Path, "/api/")
}

// protect puts before a handler what its route asks for. The body is read before the principal is looked up: a client that is
// authorized first and sends the body later could act after its rights have ended.
func (s *server) protect(route route, parameters []parameterSchema, next http.Handler) http.Handler {
	if !route.stream {
		next = withTimeout(next)
	}
	next = s.audited(route, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.origins.Check(r) != nil || (route.sameSite && isCrossSite(r)) {
			s.fail(w, r, crossOrigin())
			return
		}
		bufferBody(r)
		authorized, err := s.authorize(r, route.access)
		if err == nil {
			err = s.count(authorized, route.limit)
		}
		if err == nil {
			err = checkParameters(r, parameters)
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, authorized)
	})
}

// isCrossSite reports whether a page of another site, or a link in it, caused the request. A store is another site.
func isCrossSite(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "cross-site" || site == "same-site"
}

// crossOrigin refuses what a page of another site makes a browser send with its user's cookie.
func crossOrigin() error {
	return problem.Errorf(problem.CrossOrigin, "Requests from pages of other sites are not allowed")
}

// withTimeout ends the request's context after requestTimeout.
func withTimeout(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// setSecurityHeaders sets the headers that every response has. Nothing here is meant to be cached, framed or run.
func setSecurityHeaders(header http.Header, id string) {
	header.Set("X-Request-Id", id)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
}

// recover turns a panic of a handler into a 500, or cuts the connection if the response has begun.
func (s *server) recover(w *responseRecorder, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause) //nolint:forbidigo // net/http itself asked for this
	}
	s.log.LogAttrs(r.Context(), slog.LevelError, "handler panicked",
		slog.String("requestId", requestID(r.Context())), slog.Any("panic", cause), slog.String("stack", string(debug.Stack())))
	if w.status != 0 {
		panic(http.ErrAbortHandler) //nolint:forbidigo // the only way to cut the connection
	}
	writeProblem(w, r, problemOf(errors.New("panic")))
}

// observe logs and counts the request. Headers and the query stay out of the log, so that no secret gets in.
func (s *server) observe(r *http.Request, w *responseRecorder, pattern string, took time.Duration) {
	route := s.routes[pattern]
	s.metrics.observe(pattern, r.Method, w.status, route.stream, took)
	if (route.quiet || pattern == dashboardPattern) && w.status < http.StatusBadRequest {
		return
	}
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("requestId", requestID(r.Context())),
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path),
		slog.Int("status", w.status),
		slog.Int64("bytes", w.bytes),
		slog.Int64("milliseconds", took.Milliseconds()),
		slog.String("client", r.RemoteAddr),
	)
}
