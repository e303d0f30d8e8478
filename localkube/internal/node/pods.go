package node

import (
	"context"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// startAll starts the whole node, as much of it at once as the parts allow, and returns when it is ready.
func (s *supervisor) startAll(ctx context.Context) error {
	l := s.layout
	if err := s.start(ctx, containerd(l)); err != nil {
		return err
	}
	live, running := make(chan struct{}), make(chan struct{})
	return together(ctx,
		func(ctx context.Context) error { return s.startControlPlane(ctx, func() { close(live) }) },
		func(ctx context.Context) error { return s.startRuntime(ctx, func() { close(running) }) },
		func(ctx context.Context) error { return s.startNetwork(ctx, live) },
		func(ctx context.Context) error { return s.startPods(ctx, live, running) },
	)
}

// startRuntime waits for containerd and gives it the image that every pod needs.
func (s *supervisor) startRuntime(ctx context.Context, running func()) error {
	runtime, err := openRuntime(s.layout)
	if err != nil {
		return err
	}
	defer runtime.close()
	if err := s.await(ctx, "containerd", runtime.ready); err != nil {
		return err
	}
	running()
	return ensurePauseImage(ctx, s.layout, runtime)
}

// startNetwork starts what lets pods find and reach each other, and their volumes.
func (s *supervisor) startNetwork(ctx context.Context, live <-chan struct{}) error {
	if err := closed(ctx, live); err != nil {
		return err
	}
	l := s.layout
	if err := applyObjects(ctx, l); err != nil {
		return err
	}
	for _, c := range []component{kubeProxy(l), coreDNS(l), volumeProvisioner(l), metricsServer(l)} {
		if err := s.start(ctx, c); err != nil {
			return err
		}
	}
	inside := plainProbe(nil, s.inside)
	if err := s.await(ctx, "kube-proxy", func(ctx context.Context) error { return inside.ask(ctx, "http://"+loopback+":10256/livez") }); err != nil {
		return err
	}
	return s.await(ctx, "coredns", func(ctx context.Context) error {
		return inside.ask(ctx, fmt.Sprintf("http://%s:%d/ready", loopback, dnsReadyPort))
	})
}

// startPods starts the scheduler and the kubelet, and waits until the node takes pods.
func (s *supervisor) startPods(ctx context.Context, live, running <-chan struct{}) error {
	l := s.layout
	if err := closed(ctx, live); err != nil {
		return err
	}
	if err := s.start(ctx, scheduler(l)); err != nil {
		return err
	}
	if err := closed(ctx, running); err != nil {
		return err
	}
	begun := metav1.Now()
	if err := s.start(ctx, kubelet(l)); err != nil {
		return err
	}
	cluster, err := newProbe(l, "ca", "admin", s.inside)
	if err != nil {
		return err
	}
	if err := s.await(ctx, "kube-scheduler", func(ctx context.Context) error { return cluster.ask(ctx, "https://"+loopback+":10259/readyz") }); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", l.adminKubeconfig())
	if err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("create client: %w", err)
	}
	return s.await(ctx, "kubelet", func(ctx context.Context) error { return nodeReady(ctx, client, l.Name, begun) })
}

// nodeReady returns nil when the kubelet has said since then that the node takes pods. What it said in an earlier life does not count.
func nodeReady(ctx context.Context, client kubernetes.Interface, name string, since metav1.Time) error {
	node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type != corev1.NodeReady {
			continue
		}
		// Times in objects have whole seconds.
		if condition.Status == corev1.ConditionTrue && !condition.LastHeartbeatTime.Time.Before(since.Truncate(time.Second)) && len(node.Spec.Taints) == 0 {
			return nil
		}
		return fmt.Errorf("%s: %s", condition.Reason, condition.Message)
	}
	return fmt.Errorf("node %s has no condition yet", name)
}

// writeConfigs writes what the components read at their start.
func writeConfigs(l layout, pauseImage string) error {
	upstream := nameServers("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf")
	for path, content := range map[string]string{
		l.node("config", "containerd.toml"):           containerdConfig(l, pauseImage, !mayRaiseOOM()),
		l.node("config", "cni", "localkube.conflist"): podNetworkConfig(l),
		l.node("config", "kubelet.yaml"):              kubeletConfig(l),
		l.node("config", "kube-scheduler.yaml"):       schedulerConfig(l),
		l.node("config", "kube-proxy.yaml"):           kubeProxyConfig(l),
		l.node("config", "Corefile"):                  corefile(l, upstream),
		l.node("config", "resolv.conf"):               resolverConfig(upstream),
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
	}
	return nil
}
