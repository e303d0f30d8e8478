package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// drainTimeout bounds how long requests may take to end when the gateway is asked to stop.
	drainTimeout = 15 * time.Second
	// drainCheck is how often the gateway looks whether they have.
	drainCheck = 10 * time.Millisecond
)

// Options are what a gateway needs to run.
type Options struct {
	// ListenAddress takes the customers' requests, HealthAddress those for /healthz, /readyz and /metrics.
	ListenAddress, HealthAddress string
	// IngressClass is the name of the class whose Ingresses the gateway serves.
	IngressClass string
	// TrustedProxies are the address ranges of proxies in front of the gateway, whose X-Forwarded headers are believed.
	TrustedProxies []string
	// DrainDelay is how long the gateway goes on taking requests after it was asked to stop, for those that the cluster
	// still sends to it.
	DrainDelay time.Duration
	RESTConfig *rest.Config
	Log        *slog.Logger
}

// Run serves until the context is done, and then lets the requests under way end. Caddy is one per process, so there can
// be one gateway at a time.
func Run(ctx context.Context, o Options) error {
	scheme, err := newScheme()
	if err != nil {
		return err
	}
	objects, err := client.New(o.RESTConfig, client.Options{Scheme: scheme})
	if err != nil {
		return fmt.Errorf("connect to Kubernetes: %w", err)
	}
	table := &table{}
	publisher := newPublisher(objects, o.Log)
	router := newRouter(o.IngressClass, table, o.Log, publisher.queue.Add)
	publisher.routed = router.routed
	proxy := newProxy(o, table, newMetrics(table, router.refused))

	// What works for the requests goes on until the last one has ended.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, background := errgroup.WithContext(background)
	foreground, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	context.AfterFunc(background, func() { cancel(context.Cause(background)) })

	informers, synced, err := watch(background, o.RESTConfig, scheme, router)
	if err != nil {
		return err
	}
	group.Go(func() error { return informers.Start(background) })
	group.Go(func() error { publisher.run(background); return nil })
	group.Go(func() error {
		return serveHealth(background, o.HealthAddress, healthHandler(proxy.serving.Load, proxy.metrics.registry))
	})
	failure := synced(foreground)
	if failure == nil {
		failure = proxy.run(foreground)
	}
	stop()
	if err := group.Wait(); err != nil {
		return err // It is what ended the rest.
	}
	if errors.Is(failure, context.Canceled) {
		return nil
	}
	return failure
}

// proxy is the part of the gateway that customers meet.
type proxy struct {
	options Options
	table   *table
	metrics *metrics
	serving atomic.Bool
}

func newProxy(o Options, table *table, metrics *metrics) *proxy {
	return &proxy{options: o, table: table, metrics: metrics}
}

// run serves until the context is done, and then lets the requests under way end.
func (p *proxy) run(ctx context.Context) error {
	name := register(&handler{table: p.table, metrics: p.metrics, clock: clock.RealClock{}}, &upstreams{table: p.table})
	config, err := caddyConfig(p.options, name)
	if err != nil {
		return err
	}
	if err := caddy.Load(config, true); err != nil {
		return fmt.Errorf("start Caddy: %w", err)
	}
	p.serving.Store(true)
	p.options.Log.Info("serving", "address", p.options.ListenAddress)
	<-ctx.Done()
	p.serving.Store(false)
	p.options.Log.Info("stopping", "requests", p.metrics.inFlight.Load())
	if err := caddy.Stop(); err != nil { // Ends taking requests. It does not wait for those it has.
		return fmt.Errorf("stop Caddy: %w", err)
	}
	return p.drain()
}

// drain waits until no request is under way.
func (p *proxy) drain() error {
	ticker := time.NewTicker(drainCheck)
	defer ticker.Stop()
	deadline := time.NewTimer(drainTimeout)
	defer deadline.Stop()
	for p.metrics.inFlight.Load() > 0 {
		select {
		case <-ticker.C:
		case <-deadline.C:
			return fmt.Errorf("%d requests did not end within %s", p.metrics.inFlight.Load(), drainTimeout)
		}
	}
	return nil
}
