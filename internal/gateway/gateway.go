package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Options are what a gateway needs to run.
type Options struct {
	// ListenAddress takes the clients' requests, HealthAddress those for /healthz, /readyz and /metrics.
	ListenAddress, HealthAddress string
	// IngressClass is the name of the class whose Ingresses the gateway serves.
	IngressClass string
	// Service is the Service in front of the gateway. The status of Ingresses names its addresses.
	Service types.NamespacedName
	// TrustedProxies are the addresses and address ranges of proxies in front of the gateway, whose X-Forwarded headers
	// are believed.
	TrustedProxies []string
	// DrainDelay is how long the gateway takes requests after it was asked to stop, for those that the cluster still
	// sends to it.
	DrainDelay time.Duration
	RESTConfig *rest.Config
	Log        *slog.Logger
}

// Run serves until the context is done, and then lets the requests under way end.
func Run(ctx context.Context, o Options) error {
	scheme, err := newScheme()
	if err != nil {
		return err
	}
	objects, err := client.New(o.RESTConfig, client.Options{Scheme: scheme})
	if err != nil {
		return fmt.Errorf("connect to Kubernetes: %w", err)
	}
	clients, err := kubernetes.NewForConfig(o.RESTConfig)
	if err != nil {
		return fmt.Errorf("connect to Kubernetes: %w", err)
	}
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: clients.EventsV1()})
	defer broadcaster.Shutdown()
	table := &table{}
	publisher := newPublisher(objects, broadcaster.NewRecorder(scheme, "shopflow-gateway"), o.Log)
	router := newRouter(o.IngressClass, o.Service, table, o.Log, publisher.queue.Add)
	publisher.routing = router.routing
	server := newServer(o, table, newMetrics(table, router.conflicts))

	// What requests need runs until the last one has ended.
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
	if err := broadcaster.StartRecordingToSinkWithContext(background); err != nil {
		return fmt.Errorf("record events: %w", err)
	}
	group.Go(func() error { return informers.Start(background) })
	group.Go(func() error { publisher.run(background); return nil })
	group.Go(func() error {
		return serveHealth(background, o.HealthAddress, healthHandler(server.serving.Load, server.metrics.registry))
	})
	failure := synced(foreground)
	if failure == nil {
		failure = server.run(foreground)
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
