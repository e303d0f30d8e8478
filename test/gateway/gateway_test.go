// Package gateway tests the gateway against a real Kubernetes API.
package gateway

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/internal/gateway"
	"shopflow.dev/shopflow/test/controlplane"
)

const (
	host = "demo.shopflow.localhost"
	// patience bounds every wait of these tests.
	patience = 30 * time.Second
)

// plane is the Kubernetes API that the tests share.
var plane *rest.Config

func TestMain(m *testing.M) {
	os.Exit(controlplane.Main(m, func(config *rest.Config) { plane = config }))
}

// harness is a running gateway and the Kubernetes API that feeds it.
type harness struct {
	*testing.T
	client.Client
	address, health string
	// serviceAddress is that of the gateway's own Service.
	serviceAddress string
}

// sub returns the harness for a subtest.
func (h *harness) sub(t *testing.T) *harness {
	sub := *h
	sub.T = t
	return &sub
}

func start(t *testing.T) *harness {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	objects, err := client.New(plane, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{T: t, Client: objects, address: freeAddress(t), health: freeAddress(t)}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, GenerateName: "gateway-"},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}},
	}
	h.must(objects.Create(t.Context(), service))
	h.serviceAddress = service.Spec.ClusterIP
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- gateway.Run(ctx, gateway.Options{
			ListenAddress: h.address, HealthAddress: h.health, IngressClass: "shopflow", Service: client.ObjectKeyFromObject(service),
			RESTConfig: plane, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		})
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("gateway: %v", err)
			}
		case <-time.After(patience):
			t.Error("the gateway does not stop")
		}
	})
	h.eventually("the gateway is ready", func() bool {
		status, _ := h.get("http://" + h.health + "/readyz")
		return status == http.StatusOK
	})
	return h
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.92.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// eventually waits until the condition holds.
func (h *harness) eventually(what string, condition func() bool) {
	h.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for !condition() {
		select {
		case <-ticker.C:
		case <-deadline:
			h.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// response is what a request got; its status is 0 if there was no answer.
type response struct {
	status      int
	proto, body string
	header      http.Header
}

func (h *harness) get(url string) (int, string) {
	got := h.request(http.MethodGet, url)
	return got.status, got.body
}

// request sends a request. Every name but that of the health checks leads to the gateway.
func (h *harness) request(method, url string) response {
	dialer := &net.Dialer{}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != h.health {
			address = h.address
		}
		return dialer.DialContext(ctx, network, address)
	}}
	request, err := http.NewRequestWithContext(h.Context(), method, url, nil)
	if err != nil {
		h.Fatal(err)
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return response{}
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return response{status: answer.StatusCode, proto: answer.Proto, body: string(body), header: answer.Header}
}

// shows waits until the store's page is this, and reports how long it took.
func (h *harness) shows(when, want string) {
	h.Helper()
	begin := time.Now()
	h.eventually(when, func() bool {
		status, body := h.get("http://" + host + "/")
		return body == want || fmt.Sprint(status) == want
	})
	h.Logf("%s: %d ms", when, time.Since(begin).Milliseconds())
}

// pod serves on an address of this machine that is not loopback, as the Kubernetes API asks of endpoints.
func (h *harness) pod(handler http.HandlerFunc) (address string, port int32) {
	h.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		h.Fatal(err)
	}
	for _, candidate := range addresses {
		network, ok := candidate.(*net.IPNet)
		if !ok || network.IP.To4() == nil || !network.IP.IsGlobalUnicast() {
			continue
		}
		listener, err := net.Listen("tcp", net.JoinHostPort(network.IP.String(), "0"))
		if err != nil {
			continue
		}
		server := httptest.NewUnstartedServer(handler)
		_ = server.Listener.Close()
		server.Listener = listener
		server.Start()
		h.Cleanup(server.Close)
		_, number, _ := net.SplitHostPort(listener.Addr().String())
		parsed, err := strconv.ParseInt(number, 10, 32)
		if err != nil {
			h.Fatal(err)
		}
		return network.IP.String(), int32(parsed)
	}
	h.Skip("SKIP: this machine has no IPv4 address but loopback, which endpoints may not have")
	return "", 0
}

// newSlice returns a slice of a Service with one endpoint.
func newSlice(namespace, name, service, address string, port int32) *discoveryv1.EndpointSlice {
	return &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: service},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)}}},
		Ports:       []discoveryv1.EndpointPort{{Name: new("http"), Port: new(port)}},
	}
}

// must fails the test on an error.
func (h *harness) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// store creates a namespace with a Service and an Ingress for a host, but no endpoints.
func (h *harness) store(namespace, host string) *networkingv1.Ingress {
	h.Helper()
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: namespace, Name: name} }
	h.must(h.Create(h.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
	h.must(h.Create(h.Context(), &corev1.Service{ObjectMeta: meta("server"), Spec: corev1.ServiceSpec{
		Ports: []corev1.ServicePort{{Name: "http", Port: 80}},
	}}))
	ingress := &networkingv1.Ingress{ObjectMeta: meta("store"), Spec: networkingv1.IngressSpec{
		IngressClassName: new("shopflow"),
		Rules: []networkingv1.IngressRule{{Host: host, IngressRuleValue: networkingv1.IngressRuleValue{
			HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
				Path: "/", PathType: new(networkingv1.PathTypePrefix),
				Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
					Name: "server", Port: networkingv1.ServiceBackendPort{Number: 80},
				}},
			}}},
		}}},
	}}
	h.must(h.Create(h.Context(), ingress))
	return ingress
}

// published returns the addresses in an Ingress's status.
func (h *harness) published(ingress *networkingv1.Ingress) []string {
	h.Helper()
	h.must(h.Get(h.Context(), client.ObjectKeyFromObject(ingress), ingress))
	addresses := []string{}
	for _, entry := range ingress.Status.LoadBalancer.Ingress {
		addresses = append(addresses, entry.IP)
	}
	return addresses
}

func TestStoreFromFirstRouteToLast(t *testing.T) {
	h := start(t)
	h.shows("no Ingress has the host", "404")
	first := h.store("gateway-a", host)
	h.eventually("the Ingress says that it is routed", func() bool {
		addresses := h.published(first)
		return len(addresses) == 1 && addresses[0] == h.serviceAddress
	})
	h.shows("the store has no pods", "503")

	says := func(text string) (string, int32) {
		return h.pod(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
	}
	address, port := says("first pod")
	slice := newSlice("gateway-a", "server-1", "server", address, port)
	h.must(h.Create(h.Context(), slice))
	h.shows("the first pod is there", "first pod")
	address, port = says("second pod")
	slice.Endpoints[0].Addresses, slice.Ports[0].Port = []string{address}, &port
	h.must(h.Update(h.Context(), slice))
	h.shows("the pod was replaced", "second pod")

	younger := h.store("gateway-b", host)
	h.eventually("the younger Ingress says why it is not routed", func() bool { return h.hasEvent(younger, "HostTaken") })
	h.must(h.Delete(h.Context(), slice))
	h.shows("the pods are gone, and the host is not the younger store's", "503")
	if addresses := h.published(younger); len(addresses) != 0 {
		t.Errorf("the younger Ingress has %v in its status", addresses)
	}
	h.must(h.Delete(h.Context(), first))
	h.eventually("the younger Ingress gets the host", func() bool { return len(h.published(younger)) == 1 })
	h.must(h.Delete(h.Context(), younger))
	h.shows("both Ingresses are gone", "404")
}
