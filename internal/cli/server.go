package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/feed"
	"shopflow.dev/shopflow/internal/jobs"
	"shopflow.dev/shopflow/internal/observe"
	"shopflow.dev/shopflow/internal/server"
	"shopflow.dev/shopflow/internal/stores"
	"shopflow.dev/shopflow/web"
)

type serverOptions struct {
	listen         string
	adminTokenFile string
	catalog        string
	accounts       accountOptions
	stores         storeOptions
}

// catalogFile is where the platform's chart mounts the catalog.
const catalogFile = "/etc/shopflow/catalog/catalog.yaml"

func newServerCommand(s Streams) *cobra.Command {
	opts := &serverOptions{
		listen:         envOr("SHOPFLOW_LISTEN", ":8080"),
		adminTokenFile: envOr("SHOPFLOW_ADMIN_TOKEN_FILE", "/etc/shopflow/admin/token"),
	}
	command := &cobra.Command{
		Use:   "server",
		Short: "Run the API server",
		Long: `Run the API server. It is stateless: stores are objects of the Kubernetes API, which it reaches with the ServiceAccount of its pod or,
outside a cluster, with $KUBECONFIG; accounts are in PostgreSQL.`,
		Example: "  shopflow server --namespace shops --public-url https://shops.example.com --store-address 'https://*.shops.example.com' --sign-up",
		Args:    arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			return opts.run(command.Context(), slog.New(slog.NewJSONHandler(s.Err, nil)))
		},
	}
	command.Flags().StringVar(&opts.listen, "listen", opts.listen, "address to listen on (env SHOPFLOW_LISTEN)")
	command.Flags().StringVar(&opts.adminTokenFile, "admin-token-file", opts.adminTokenFile,
		"file with the administrator token (env SHOPFLOW_ADMIN_TOKEN_FILE)")
	command.Flags().StringVar(&opts.catalog, "catalog", envOr("SHOPFLOW_CATALOG", catalogFile),
		"file with the catalog of engines (env SHOPFLOW_CATALOG)")
	opts.accounts.addTo(command)
	opts.stores.addTo(command)
	return command
}

// run serves until the context is done.
func (o *serverOptions) run(ctx context.Context, logger *slog.Logger) error {
	logLibraries(logger.Handler())
	authenticator, err := server.ReadAuthenticator(o.adminTokenFile)
	if err != nil {
		return err
	}
	software, err := catalog.Read(o.catalog)
	if err != nil {
		return err
	}
	kubernetes, err := config.GetConfig()
	if err != nil {
		return fmt.Errorf("find the Kubernetes API: %w", err)
	}
	platform, err := o.stores.platform(software)
	if err != nil {
		return err
	}
	cluster, err := o.stores.cluster(kubernetes)
	if err != nil {
		return err
	}
	deps, followed, err := connectServer(ctx, kubernetes, platform, cluster)
	if err != nil {
		return err
	}
	people, err := o.accounts.open(ctx)
	if err != nil {
		return err
	}
	defer people.pool.Close()
	background, err := jobs.New(people.pool.Config().ConnConfig, logger, people.jobs()...)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	logger.InfoContext(ctx, "serving", "address", listener.Addr().String())
	serverDeps := server.Deps{
		Stores: deps.stores, Observer: deps.observer, Feed: deps.watcher, Synced: deps.synced, Authenticator: authenticator, Clock: clock.RealClock{}, Log: logger,
		Dashboard: web.Handler(),
	}
	people.addTo(&serverDeps)
	stopping := make(chan struct{})
	serverDeps.Stopping = stopping
	drain := func() {
		close(stopping)
		deps.watcher.Close()
	}
	handler, err := server.New(serverDeps)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return followed.Start(ctx) })
	group.Go(func() error { return background.Run(ctx) })
	group.Go(func() error { return server.Serve(ctx, listener, handler, drain, logger) })
	return group.Wait()
}

// connection is the Kubernetes API as the server uses it: asked directly for requests, and followed for events.
type connection struct {
	stores   *stores.Service
	observer *observe.Observer
	watcher  *feed.Watcher
	synced   func() bool
}

// connectServer connects to the Kubernetes API. The stores are followed once the cache is started.
func connectServer(ctx context.Context, kubernetes *rest.Config, platform stores.Platform, cluster observe.Cluster) (connection, cache.Cache, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, corev1.AddToScheme, coordinationv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return connection{}, nil, fmt.Errorf("register types: %w", err)
		}
	}
	objects, err := client.New(kubernetes, client.Options{Scheme: scheme})
	if err != nil {
		return connection{}, nil, fmt.Errorf("connect to Kubernetes: %w", err)
	}
	followed, err := cache.New(kubernetes, cache.Options{Scheme: scheme, DefaultTransform: cache.TransformStripManagedFields()})
	if err != nil {
		return connection{}, nil, fmt.Errorf("connect to Kubernetes: %w", err)
	}
	informer, err := followed.GetInformer(ctx, &v1alpha1.Store{})
	if err != nil {
		return connection{}, nil, fmt.Errorf("follow the stores: %w", err)
	}
	watcher := feed.NewWatcher()
	registration, err := informer.AddEventHandler(watcher)
	if err != nil {
		return connection{}, nil, fmt.Errorf("follow the stores: %w", err)
	}
	service := stores.New(objects, platform)
	observer := observe.New(service, objects, cluster)
	return connection{stores: service, observer: observer, watcher: watcher, synced: registration.HasSynced}, followed, nil
}
