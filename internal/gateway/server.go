package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"
)

// The bounds on clients.
const (
	readHeaderTimeout = 10 * time.Second
	clientIdleTimeout = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	// drainTimeout bounds how long requests may take to end when the gateway is asked to stop.
	drainTimeout = 15 * time.Second
)

// server takes the requests of clients.
type server struct {
	options Options
	table   *table
	metrics *metrics
	// bodyStall is how long a client may send nothing of a body.
	bodyStall time.Duration
	listen    func(ctx context.Context, address string) (net.Listener, error)
	serving   atomic.Bool
}

func newServer(o Options, table *table, metrics *metrics) *server {
	return &server{options: o, table: table, metrics: metrics, bodyStall: bodyStall, listen: listen}
}

// run serves until the context is done, and then lets the requests under way end.
func (s *server) run(ctx context.Context) error {
	proxies, err := parseTrustedProxies(s.options.TrustedProxies)
	if err != nil {
		return err
	}
	transport := newPodTransport(s.table, clock.RealClock{})
	idle, stopIdle := context.WithCancel(context.WithoutCancel(ctx))
	defer stopIdle()
	go transport.run(idle)
	handler, err := newHandler(s.table, s.metrics, clock.RealClock{}, s.bodyStall, proxies, transport)
	if err != nil {
		return err
	}
	listener, err := s.listen(ctx, s.options.ListenAddress)
	if err != nil {
		return err
	}
	web := &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: clientIdleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ConnContext: withConn, ConnState: releaseIdle,
		ErrorLog: slog.NewLogLogger(s.options.Log.Handler(), slog.LevelError),
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	s.serving.Store(true)
	s.options.Log.Info("serving", "address", s.options.ListenAddress)
	select {
	case err := <-failed:
		s.serving.Store(false)
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.serving.Store(false)
	s.options.Log.Info("stopping", "requests", s.metrics.inFlight.Load())
	return s.stop(context.WithoutCancel(ctx), web)
}

// stop takes requests for as long as the cluster still sends them here, and then lets those under way end.
func (s *server) stop(ctx context.Context, web *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.DrainDelay+drainTimeout)
	defer cancel()
	timer := time.NewTimer(s.options.DrainDelay)
	defer timer.Stop()
	<-timer.C
	err := web.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.options.Log.Warn("requests did not end", "requests", s.metrics.inFlight.Load(), "within", drainTimeout)
		err = web.Close()
	}
	if err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}
