package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // log format json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client metrics
	_ "k8s.io/component-base/metrics/prometheus/version"  // build metrics
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
	metrics "sigs.k8s.io/metrics-server/cmd/metrics-server/app"

	"shopflow.dev/shopflow/localkube/internal/dns"
	"shopflow.dev/shopflow/localkube/internal/volumes"
)

// component runs the component of that name to its end and returns its exit code. It tells whether there is such a component.
func component(name string) (code int, known bool) {
	run, known := map[string]func() int{
		"etcd":                    func() int { etcdmain.Main(os.Args); return 0 },
		"kube-apiserver":          func() int { return cli.Run(apiserver.NewAPIServerCommand()) },
		"kube-controller-manager": func() int { return cli.Run(controllermanager.NewControllerManagerCommand()) },
		"kube-scheduler":          func() int { return cli.Run(scheduler.NewSchedulerCommand()) },
		"kubelet":                 func() int { return cli.Run(kubelet.NewKubeletCommand(context.Background())) },
		"kube-proxy":              func() int { return cli.Run(proxy.NewProxyCommand()) },
		"metrics-server":          func() int { return cli.Run(metrics.NewMetricsServerCommand(server.SetupSignalHandler())) },
		"coredns":                 func() int { return own("coredns", dns.Run) },
		"volume-provisioner":      func() int { return own("volume-provisioner", volumes.Run) },
	}[name]
	if !known {
		return 0, false
	}
	// Each of them reads its flags from the arguments of the process.
	os.Args = slices.Delete(os.Args, 0, 1)
	return run(), true
}

// own runs one of this program's own components until it is told to end.
func own(name string, run func(ctx context.Context, args []string) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}
