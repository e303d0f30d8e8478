package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/engine/all"
	"shopflow.dev/shopflow/internal/observe"
	"shopflow.dev/shopflow/internal/stores"
)

// storeOptions say what the server tells of stores beside what their objects say.
type storeOptions struct {
	address        string
	gatewayMetrics string
	namespace      string
}

func (o *storeOptions) addTo(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&o.address, "store-address", envOr("SHOPFLOW_STORE_ADDRESS", "http://*.shopflow.localhost:8080"),
		"address of stores, with a * for the name (env SHOPFLOW_STORE_ADDRESS)")
	flags.StringVar(&o.gatewayMetrics, "gateway-metrics", envOr("SHOPFLOW_GATEWAY_METRICS", ""),
		"address of the gateway's measurements; empty: requests are not shown (env SHOPFLOW_GATEWAY_METRICS)")
	flags.StringVar(&o.namespace, "namespace", envOr("SHOPFLOW_NAMESPACE", ""),
		"namespace of the platform, where the controller's lease is (required; env SHOPFLOW_NAMESPACE)")
}

// platform says what the use cases need beside objects.
func (o *storeOptions) platform(software catalog.Catalog) (stores.Platform, error) {
	before, after, found := strings.Cut(o.address, "*")
	if !found {
		return stores.Platform{}, fmt.Errorf("--store-address %q has no * for the name", o.address)
	}
	return stores.Platform{
		Engines:  engineInfos(all.Engines()),
		Catalog:  software,
		Plans:    plans(all.Engines()),
		StoreURL: func(name string) string { return before + name + after },
		Clock:    clock.RealClock{},
	}, nil
}

// cluster connects what is read of the cluster beside objects.
func (o *storeOptions) cluster(config *rest.Config) (observe.Cluster, error) {
	if o.namespace == "" {
		return observe.Cluster{}, invalidUsage("--namespace is required")
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return observe.Cluster{}, fmt.Errorf("connect to Kubernetes: %w", err)
	}
	cluster := observe.Cluster{
		Namespace: o.namespace,
		Clock:     clock.RealClock{},
		OpenLog: func(ctx context.Context, namespace, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error) {
			return clients.CoreV1().Pods(namespace).GetLogs(pod, options).Stream(ctx)
		},
		Measure: func(ctx context.Context, path string) ([]byte, error) {
			return clients.CoreV1().RESTClient().Get().AbsPath(path).DoRaw(ctx)
		},
	}
	if o.gatewayMetrics != "" {
		gateways, err := observe.NewGateways(o.gatewayMetrics)
		if err != nil {
			return observe.Cluster{}, err
		}
		cluster.Requests = gateways.Count
	}
	return cluster, nil
}

// engineInfos tells the server what engines say of themselves.
func engineInfos(engines []engine.Engine) []stores.EngineInfo {
	infos := make([]stores.EngineInfo, 0, len(engines))
	for _, one := range engines {
		info := stores.EngineInfo{Name: one.Name, Title: one.Title, Description: one.Description}
		for _, component := range one.Components {
			info.Components = append(info.Components, stores.Titled{Name: component.Name, Title: component.Title})
		}
		for _, key := range one.Keys {
			info.Keys = append(info.Keys, stores.Titled(key))
		}
		infos = append(infos, info)
	}
	return infos
}

// plans describes the engines' sizes for people.
func plans(engines []engine.Engine) []stores.Plan {
	plans := []stores.Plan{
		{Name: string(v1alpha1.PlanSmall), Description: "For a new shop: a few customers at a time"},
		{Name: string(v1alpha1.PlanMedium), Description: "For a shop that sells every day"},
		{Name: string(v1alpha1.PlanLarge), Description: "For a busy shop with a large catalog"},
	}
	for i := range plans {
		for _, one := range engines {
			size, ok := one.Plans[v1alpha1.Plan(plans[i].Name)]
			if !ok {
				continue
			}
			steady := size.Steady()
			plans[i].Sizes = append(plans[i].Sizes, stores.PlanSize{
				Engine: one.Name, CPU: steady.CPULimit.MilliValue(), Memory: steady.MemoryLimit.Value(), Storage: steady.Storage.Value(),
			})
		}
	}
	return plans
}
