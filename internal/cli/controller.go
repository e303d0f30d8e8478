package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/controller/store"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/engine/all"
	"shopflow.dev/shopflow/internal/helmrelease"
	"shopflow.dev/shopflow/internal/shopper"
)

type controllerOptions struct {
	domain, scheme, port       string
	ingressClass, storageClass string
	gatewayAddress             string
	namespace, serverAccount   string
	ingressNamespace           string
	catalog                    string
	leaderElect                bool
	healthAddress, metricsAddr string
}

func newControllerCommand(s Streams) *cobra.Command {
	opts := &controllerOptions{}
	command := &cobra.Command{
		Use:   "controller",
		Short: "Run the controller that creates and heals stores",
		Long: `Run the controller that creates and heals stores. It reaches the Kubernetes API as the ServiceAccount of its pod or, outside of a
cluster, as $KUBECONFIG says.`,
		Example: "  shopflow controller --namespace shops --domain shops.example.com --scheme https --port 443",
		Args:    arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			return opts.run(command.Context(), slog.New(slog.NewJSONHandler(s.Err, nil)))
		},
	}
	text := func(target *string, name, fallback, usage string) {
		variable := "SHOPFLOW_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		command.Flags().StringVar(target, name, envOr(variable, fallback), usage+" (env "+variable+")")
	}
	text(&opts.domain, "domain", "shopflow.localhost", "stores live at <name>.<domain>")
	text(&opts.scheme, "scheme", "http", "scheme of public addresses: http or https")
	text(&opts.port, "port", "8080", "public port: 1 to 65535")
	text(&opts.ingressClass, "ingress-class", "shopflow", "class of the stores' Ingresses")
	text(&opts.storageClass, "storage-class", "standard", "StorageClass of the stores' volumes")
	text(&opts.gatewayAddress, "gateway-address", "", "host:port at which this process reaches the gateway; empty: at the stores' public addresses")
	text(&opts.namespace, "namespace", "", "namespace of the platform (required)")
	text(&opts.serverAccount, "server-account", "shopflow-server", "ServiceAccount of the API server, in the namespace of the platform")
	text(&opts.ingressNamespace, "ingress-namespace", "", "namespaces that customers' requests come from, separated by commas; empty: the platform's")
	text(&opts.catalog, "catalog", catalogFile, "file that says which software the engines run")
	text(&opts.healthAddress, "health-address", ":8081", "address for /healthz and /readyz")
	text(&opts.metricsAddr, "metrics-address", ":8082", "address for /metrics; 0 for none")
	command.Flags().BoolVar(&opts.leaderElect, "leader-elect", envOr("SHOPFLOW_LEADER_ELECT", "false") == "true",
		"work only while holding the lease, so that one of several controllers works (env SHOPFLOW_LEADER_ELECT)")
	return command
}

// run works until the context is done.
func (o *controllerOptions) run(ctx context.Context, logger *slog.Logger) error {
	if o.namespace == "" {
		return invalidUsage("--namespace is required")
	}
	logLibraries(logger.Handler())
	settings, err := o.settings()
	if err != nil {
		return err
	}
	software, err := catalog.Read(o.catalog)
	if err != nil {
		return err
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the Kubernetes API: %w", err)
	}
	// The API server's own priority and fairness limits requests better than the client could.
	config.QPS = -1
	manager, err := o.manager(config)
	if err != nil {
		return err
	}
	if err := o.setUp(manager, config, engine.Engines{Known: all.Engines(), Catalog: software, Settings: settings}); err != nil {
		return err
	}
	logger.Info("starting", "domain", settings.Domain, "ingressClass", settings.IngressClass)
	return manager.Start(ctx)
}

func (o *controllerOptions) settings() (engine.Settings, error) {
	port, err := strconv.Atoi(o.port)
	if err != nil || port < 1 || port > 65535 {
		return engine.Settings{}, invalidUsage("--port must be a number from 1 to 65535, not %q", o.port)
	}
	if o.scheme != "http" && o.scheme != "https" {
		return engine.Settings{}, invalidUsage("--scheme must be http or https, not %q", o.scheme)
	}
	return engine.Settings{
		Domain: o.domain, Scheme: o.scheme, Port: port, IngressClass: o.ingressClass, StorageClass: o.storageClass,
	}, nil
}

func (o *controllerOptions) manager(config *rest.Config) (ctrl.Manager, error) {
	scheme, err := store.Scheme()
	if err != nil {
		return nil, err
	}
	cacheOptions, err := store.CacheOptions()
	if err != nil {
		return nil, err
	}
	// A controller that was killed is replaced within seconds.
	lease, renew, retry := 8*time.Second, 5*time.Second, time.Second
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        scheme,
		Cache:                         cacheOptions,
		Client:                        client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}, &corev1.Event{}}}},
		Metrics:                       metricsserver.Options{BindAddress: o.metricsAddr},
		HealthProbeBindAddress:        o.healthAddress,
		LeaderElection:                o.leaderElect,
		LeaderElectionID:              "shopflow-controller",
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &lease,
		RenewDeadline:                 &renew,
		RetryPeriod:                   &retry,
	})
	if err != nil {
		return nil, fmt.Errorf("connect to Kubernetes: %w", err)
	}
	for _, add := range []func(string, healthz.Checker) error{manager.AddHealthzCheck, manager.AddReadyzCheck} {
		if err := add("ping", healthz.Ping); err != nil {
			return nil, fmt.Errorf("add health check: %w", err)
		}
	}
	return manager, nil
}

func (o *controllerOptions) setUp(manager ctrl.Manager, config *rest.Config, engines engine.Engines) error {
	charts, err := store.Charts(engines.Known)
	if err != nil {
		return err
	}
	helm, err := helmrelease.New(config)
	if err != nil {
		return err
	}
	return store.New(store.Deps{
		Client:            manager.GetClient(),
		Live:              manager.GetAPIReader(),
		Helm:              helm,
		Events:            manager.GetEventRecorder("shopflow-controller"),
		Shopper:           shopper.New(clock.RealClock{}),
		Clock:             clock.RealClock{},
		Random:            rand.Reader,
		Engines:           engines,
		Charts:            charts,
		ServerAccount:     types.NamespacedName{Namespace: o.namespace, Name: o.serverAccount},
		IngressNamespaces: strings.Split(cmp.Or(o.ingressNamespace, o.namespace), ","),
		GatewayAddress:    o.gatewayAddress,
	}).SetupWithManager(manager)
}
