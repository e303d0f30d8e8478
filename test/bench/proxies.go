package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/test/podprocs"
)

const (
	// proxyRounds is how often each proxy is measured for each page, for proxyTime.
	proxyRounds = 6
	proxyTime   = 5 * time.Second
	// proxyConnections are the connections that send one request after another.
	proxyConnections = 16
	// staticFile is a file of about 87 kB that every shop of WooCommerce has.
	staticFile = "/wp-includes/js/jquery/jquery.min.js"
	nginxName  = "bench-nginx"
	nginxPort  = 8080
)

// nginxConfig is nginx as the plain proxy of one shop, with connections to it that are kept.
const nginxConfig = `worker_processes auto;
daemon off;
pid /tmp/nginx.pid;
error_log stderr warn;
events { worker_connections 512; }
http {
	access_log off;
	client_body_temp_path /tmp/body;
	proxy_temp_path /tmp/proxy;
	fastcgi_temp_path /tmp/fastcgi;
	scgi_temp_path /tmp/scgi;
	uwsgi_temp_path /tmp/uwsgi;
	upstream shop {
		server %s;
		keepalive 64;
	}
	server {
		listen %d default_server backlog=512;
		# By default a connection ends after 1000 requests, which the load generator takes for a failure, as it should.
		keepalive_requests 100000000;
		location / {
			proxy_pass http://shop;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header Host $http_host;
			proxy_set_header X-Forwarded-For $remote_addr;
			proxy_set_header X-Forwarded-Proto $scheme;
			proxy_set_header X-Forwarded-Host $http_host;
		}
	}
}
`

// proxies compares the gateway with nginx as the proxy of the same shop: both are pods beside each other, with the same
// limits, and are reached in the same way.
type proxies struct {
	Pages []proxiedPage `json:"pages"`
}

// proxiedPage is how both proxies serve one page.
type proxiedPage struct {
	Page    string   `json:"page"`
	Gateway proxyArm `json:"gateway"`
	Nginx   proxyArm `json:"nginx"`
}

// proxyArm are the medians over an arm's rounds, and the rounds themselves.
type proxyArm struct {
	Rate   float64 `json:"requestsPerSecond"`
	P50    float64 `json:"p50Milliseconds"`
	P99    float64 `json:"p99Milliseconds"`
	CPU    float64 `json:"cpuMicrosecondsPerRequest"`
	Rounds []load  `json:"rounds"`
}

func newProxyArm(rounds []load) proxyArm {
	median := func(read func(load) float64) float64 {
		var samples []float64
		for _, round := range rounds {
			samples = append(samples, read(round))
		}
		return quantile(samples, 0.5)
	}
	return proxyArm{
		Rate: median(func(l load) float64 { return l.Rate }), P50: median(func(l load) float64 { return l.P50 }),
		P99: median(func(l load) float64 { return l.P99 }), CPU: median(func(l load) float64 { return l.CPU }), Rounds: rounds,
	}
}

func (p *proxies) print(out io.Writer) {
	fmt.Fprintf(out, "\nGateway beside nginx (%d connections, medians of %d rounds of %.0f s, arms alternating)\n", proxyConnections, proxyRounds, proxyTime.Seconds())
	fmt.Fprintf(out, "  %-12s %-8s %12s %10s %10s %16s\n", "page", "proxy", "requests/s", "p50", "p99", "CPU per request")
	for _, page := range p.Pages {
		for _, arm := range []struct {
			name string
			proxyArm
		}{{"gateway", page.Gateway}, {"nginx", page.Nginx}} {
			fmt.Fprintf(out, "  %-12s %-8s %12.0f %7.2f ms %7.2f ms %13.0f µs\n", page.Page, arm.name, arm.Rate, arm.P50, arm.P99, arm.CPU)
		}
		fmt.Fprintf(out, "  %-12s %-8s %12.2f %10.2f %10.2f %16.2f\n", page.Page, "ratio",
			page.Gateway.Rate/page.Nginx.Rate, page.Gateway.P50/page.Nginx.P50, page.Gateway.P99/page.Nginx.P99, page.Gateway.CPU/page.Nginx.CPU)
	}
}

// proxyTarget is a proxy that runs.
type proxyTarget struct {
	address string
	pods    client.MatchingLabels
}

// compareProxies measures the gateway and nginx in front of a store's front page and of one of its files.
func (b *bench) compareProxies(ctx context.Context, store *v1alpha1.Store) (_ *proxies, err error) {
	gateway, deployment, err := b.findGateway(ctx)
	if err != nil {
		return nil, err
	}
	nginx, err := b.startNginx(ctx, store, deployment)
	defer func() { err = errors.Join(err, b.stopNginx(context.WithoutCancel(ctx), deployment.Namespace)) }()
	if err != nil {
		return nil, err
	}
	result := &proxies{}
	for _, page := range []struct{ name, path string }{{"cached page", "/"}, {"static file", staticFile}} {
		var ours, theirs []load
		for round := range proxyRounds {
			order := []proxyTarget{gateway, nginx}
			if round%2 == 1 {
				order = []proxyTarget{nginx, gateway}
			}
			for _, target := range order {
				measured, err := b.load(ctx, deployment.Namespace, target, store, page.path)
				if err != nil {
					return nil, fmt.Errorf("%s of %s: %w", page.name, target.address, err)
				}
				if target.address == gateway.address {
					ours = append(ours, measured)
				} else {
					theirs = append(theirs, measured)
				}
			}
		}
		result.Pages = append(result.Pages, proxiedPage{Page: page.name, Gateway: newProxyArm(ours), Nginx: newProxyArm(theirs)})
	}
	return result, nil
}

// findGateway returns how the gateway is reached from this machine, and its Deployment.
func (b *bench) findGateway(ctx context.Context) (proxyTarget, *appsv1.Deployment, error) {
	var services corev1.ServiceList
	if err := b.kube.List(ctx, &services, client.MatchingLabels{"app.kubernetes.io/component": "gateway"}); err != nil {
		return proxyTarget{}, nil, err
	}
	for i := range services.Items {
		service := &services.Items[i]
		if len(service.Spec.Ports) == 0 || service.Spec.Ports[0].NodePort == 0 {
			continue
		}
		deployment := &appsv1.Deployment{}
		if err := b.kube.Get(ctx, client.ObjectKeyFromObject(service), deployment); err != nil {
			return proxyTarget{}, nil, err
		}
		address, err := b.nodeAddress(ctx, service)
		return proxyTarget{address: address, pods: service.Spec.Selector}, deployment, err
	}
	return proxyTarget{}, nil, errors.New("no Service of the gateway has a node port")
}

// nodeAddress returns where a Service is reached on the node.
func (b *bench) nodeAddress(ctx context.Context, service *corev1.Service) (string, error) {
	var nodes corev1.NodeList
	if err := b.kube.List(ctx, &nodes); err != nil {
		return "", err
	}
	for _, node := range nodes.Items {
		for _, address := range node.Status.Addresses {
			if address.Type == corev1.NodeInternalIP {
				return net.JoinHostPort(address.Address, strconv.Itoa(int(service.Spec.Ports[0].NodePort))), nil
			}
		}
	}
	return "", errors.New("the node has no address")
}

// startNginx runs nginx in front of a store's pod, in the gateway's namespace and with its limits.
func (b *bench) startNginx(ctx context.Context, store *v1alpha1.Store, gateway *appsv1.Deployment) (proxyTarget, error) {
	var pods corev1.PodList
	shop := client.MatchingLabels{"app.kubernetes.io/component": frontend}
	if err := b.kube.List(ctx, &pods, client.InNamespace(store.Status.Namespace), shop); err != nil {
		return proxyTarget{}, err
	}
	if len(pods.Items) != 1 {
		return proxyTarget{}, fmt.Errorf("the store has %d pods that make pages, want 1", len(pods.Items))
	}
	pod := &pods.Items[0]
	labels := map[string]string{"app.kubernetes.io/name": nginxName}
	meta := metav1.ObjectMeta{Namespace: gateway.Namespace, Name: nginxName, Labels: labels}
	config := fmt.Sprintf(nginxConfig, net.JoinHostPort(pod.Status.PodIP, strconv.Itoa(nginxPort)), nginxPort)
	service := &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{
		Type: corev1.ServiceTypeNodePort, Selector: labels, Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt(nginxPort)}},
	}}
	for _, object := range []client.Object{
		&corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"nginx.conf": config}},
		nginxDeployment(meta, pod.Spec.Containers[0].Image, gateway), service,
	} {
		if err := b.kube.Create(ctx, object); err != nil {
			return proxyTarget{}, err
		}
	}
	if err := b.baseline.waitAvailable(ctx, gateway.Namespace); err != nil {
		return proxyTarget{}, err
	}
	address, err := b.nodeAddress(ctx, service)
	return proxyTarget{address: address, pods: labels}, err
}

// nginxDeployment runs the nginx of an image as the gateway runs.
func nginxDeployment(meta metav1.ObjectMeta, image string, gateway *appsv1.Deployment) *appsv1.Deployment {
	like := gateway.Spec.Template.Spec
	return &appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{
		Selector: &metav1.LabelSelector{MatchLabels: meta.Labels},
		Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: meta.Labels},
			Spec: corev1.PodSpec{
				SecurityContext: like.SecurityContext,
				Containers: []corev1.Container{{
					Name: "nginx", Image: image, ImagePullPolicy: corev1.PullIfNotPresent,
					Command:         []string{"nginx", "-c", "/config/nginx.conf"},
					Resources:       like.Containers[0].Resources,
					SecurityContext: like.Containers[0].SecurityContext,
					ReadinessProbe: &corev1.Probe{PeriodSeconds: 1, ProbeHandler: corev1.ProbeHandler{
						TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt(nginxPort)},
					}},
					VolumeMounts: []corev1.VolumeMount{{Name: "config", MountPath: "/config"}, {Name: "tmp", MountPath: "/tmp"}},
				}},
				Volumes: []corev1.Volume{
					{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
						LocalObjectReference: corev1.LocalObjectReference{Name: nginxName},
					}}},
					{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
				},
			},
		},
	}}
}

// stopNginx removes what startNginx created.
func (b *bench) stopNginx(ctx context.Context, namespace string) error {
	meta := metav1.ObjectMeta{Namespace: namespace, Name: nginxName}
	var errs []error
	for _, object := range []client.Object{
		&corev1.Service{ObjectMeta: meta}, &appsv1.Deployment{ObjectMeta: meta}, &corev1.ConfigMap{ObjectMeta: meta},
	} {
		errs = append(errs, client.IgnoreNotFound(b.kube.Delete(ctx, object)))
	}
	return errors.Join(errs...)
}

// load measures one round of one proxy.
func (b *bench) load(ctx context.Context, namespace string, target proxyTarget, store *v1alpha1.Store, path string) (load, error) {
	before, err := b.podCPU(ctx, namespace, target.pods)
	if err != nil {
		return load{}, err
	}
	measured, err := generate(ctx, target.address, store.Status.URL+path, proxyConnections, proxyTime)
	if err != nil {
		return load{}, err
	}
	after, err := b.podCPU(ctx, namespace, target.pods)
	measured.CPU = float64((after-before)/time.Microsecond) / float64(measured.Requests)
	return measured, err
}

// podCPU returns the CPU time that the processes of pods have used.
func (b *bench) podCPU(ctx context.Context, namespace string, labels client.MatchingLabels) (time.Duration, error) {
	var pods corev1.PodList
	if err := b.kube.List(ctx, &pods, client.InNamespace(namespace), labels); err != nil {
		return 0, err
	}
	folders, err := podprocs.Folders(pods.Items)
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, ofPod := range folders {
		for _, folder := range ofPod {
			sum += cpuTicks(filepath.Join(folder, "stat"))
		}
	}
	return time.Duration(sum) * time.Second / ticks, nil
}
