package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"shopflow.dev/shopflow/internal/gateway"
)

func newGatewayCommand(s Streams) *cobra.Command {
	opts := &gateway.Options{
		ListenAddress: envOr("SHOPFLOW_LISTEN", ":8080"),
		HealthAddress: envOr("SHOPFLOW_HEALTH_LISTEN", ":8081"),
		IngressClass:  envOr("SHOPFLOW_INGRESS_CLASS", "shopflow"),
		Log:           slog.New(slog.NewJSONHandler(s.Err, nil)),
	}
	service := envOr("SHOPFLOW_SERVICE", "")
	command := &cobra.Command{
		Use:   "gateway",
		Short: "Run the gateway, which passes customers' requests to the stores",
		Long: `Run the gateway. It is the Ingress controller of one class: it routes each host of its Ingresses to the pods behind
them. It reaches the Kubernetes API as the ServiceAccount of its pod or, outside of a cluster, as $KUBECONFIG says.`,
		Example: "  shopflow gateway --listen :80 --service shops/shopflow-gateway --trusted-proxies 10.0.0.0/8",
		Args:    arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			namespace, name, found := strings.Cut(service, "/")
			if !found || namespace == "" || name == "" {
				return fmt.Errorf("--service %q names no Service: write it as namespace/name", service)
			}
			opts.Service = types.NamespacedName{Namespace: namespace, Name: name}
			return runGateway(command.Context(), *opts)
		},
	}
	flags := command.Flags()
	flags.StringVar(&opts.ListenAddress, "listen", opts.ListenAddress, "address for customers (env SHOPFLOW_LISTEN)")
	flags.StringVar(&opts.HealthAddress, "health-listen", opts.HealthAddress,
		"address for /healthz, /readyz and /metrics (env SHOPFLOW_HEALTH_LISTEN)")
	flags.StringVar(&opts.IngressClass, "ingress-class", opts.IngressClass, "class of the Ingresses to serve (env SHOPFLOW_INGRESS_CLASS)")
	flags.StringVar(&service, "service", service,
		"Service in front of the gateway, such as shops/shopflow-gateway; Ingresses name its addresses in their status (env SHOPFLOW_SERVICE)")
	flags.StringSliceVar(&opts.TrustedProxies, "trusted-proxies", nil,
		"address ranges, such as 10.0.0.0/8, of proxies in front of the gateway whose X-Forwarded headers are believed")
	flags.DurationVar(&opts.DrainDelay, "drain-delay", time.Second, "how long to keep accepting requests after the signal to stop, such as 5s")
	return command
}

// limitMemory keeps the process below the memory limit of its container, in bytes, and lets it collect garbage more rarely
// than Go does by default, which costs a proxy a tenth of its CPU time. An empty limit changes nothing.
func limitMemory(limit string) error {
	if limit == "" {
		return nil
	}
	bytes, err := strconv.ParseInt(limit, 10, 64)
	if err != nil || bytes <= 0 {
		return fmt.Errorf("SHOPFLOW_MEMORY_LIMIT=%q is no number of bytes", limit)
	}
	debug.SetMemoryLimit(bytes / 5 * 4)
	debug.SetGCPercent(400)
	return nil
}

// runGateway serves until the context is done.
func runGateway(ctx context.Context, opts gateway.Options) error {
	if err := limitMemory(os.Getenv("SHOPFLOW_MEMORY_LIMIT")); err != nil {
		return err
	}
	logLibraries(opts.Log.Handler())
	kubernetes, err := config.GetConfig()
	if err != nil {
		return fmt.Errorf("find the Kubernetes API: %w", err)
	}
	opts.RESTConfig = kubernetes
	return gateway.Run(ctx, opts)
}
