package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"shopflow.dev/shopflow/internal/problem"
)

// requestTimeout bounds the work for one request that is not a stream.
const requestTimeout = 15 * time.Second

// ServeHTTP does for every request what all have in common, and has the route answer it.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := s.clock.Now()
	r = withRequestID(r)
	handler, known, pattern := s.route(r)
	answer := &answer{ResponseWriter: w}
	defer func() { s.observe(r, answer, pattern, s.clock.Since(start)) }()
	defer s.recover(answer, r)
	secure(answer.Header(), requestID(r.Context()))
	handler.ServeHTTP(answer, known)
}

// secure sets the headers that every answer has. Nothing here is meant to be cached, framed or run.
func secure(header http.Header, id string) {
	header.Set("X-Request-Id", id)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
}

// recover turns a panic of a handler into a 500, or cuts the connection if the answer has begun already.
func (s *server) recover(w *answer, r *http.Request) {
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
func (s *server) observe(r *http.Request, w *answer, pattern string, took time.Duration) {
	s.metrics.observe(pattern, r.Method, w.status, took)
	if quiet(pattern) && w.status < http.StatusBadRequest {
		return // Probes would drown the rest.
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

// bounded ends the request's context after requestTimeout.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// badParameter answers a request whose parameters the generated code could not read.
func (s *server) badParameter(w http.ResponseWriter, r *http.Request, err error) {
	s.fail(w, r, problem.Errorf(problem.Malformed, "A parameter is malformed: %v", err))
}

type requestIDKey struct{}

// withRequestID gives the request an id: its own, if that is harmless, or a new one.
func withRequestID(r *http.Request) *http.Request {
	id := r.Header.Get("X-Request-Id")
	if !regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`).MatchString(id) {
		random := make([]byte, 8)
		_, _ = rand.Read(random) // Never returns an error.
		id = hex.EncodeToString(random)
	}
	return r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// answer remembers what was answered.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(body []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(body)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
