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

// harness is a running gateway and a Kubernetes API to feed it by.
type harness struct {
	*testing.T
	client.Client
	address, health string
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
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- gateway.Run(ctx, gateway.Options{
			ListenAddress: h.address, HealthAddress: h.health, IngressClass: "shopflow",
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

// get returns the status and the body of an answer, or 0 if there is none. Names of stores lead to the gateway.
func (h *harness) get(url string) (int, string) {
	dialer := &net.Dialer{}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != h.health {
			address = h.address
		}
		return dialer.DialContext(ctx, network, address)
	}}
	request, err := http.NewRequestWithContext(h.Context(), http.MethodGet, url, nil)
	if err != nil {
		h.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
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

// pod serves a text on an address of this machine that is not loopback, as the Kubernetes API asks of endpoints.
func (h *harness) pod(text string) (address string, port int32) {
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
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
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

// must fails the test on an error.
func (h *harness) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// store makes a namespace with a Service and an Ingress for the host, but no endpoints.
func (h *harness) store(namespace string) *networkingv1.Ingress {
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

// published returns the hosts in an Ingress's status.
func (h *harness) published(ingress *networkingv1.Ingress) []string {
	h.Helper()
	h.must(h.Get(h.Context(), client.ObjectKeyFromObject(ingress), ingress))
	hosts := []string{}
	for _, entry := range ingress.Status.LoadBalancer.Ingress {
		hosts = append(hosts, entry.Hostname)
	}
	return hosts
}

func TestStoreFromFirstRouteToLast(t *testing.T) {
	h := start(t)
	h.shows("nobody has the host", "404")
	first := h.store("gateway-a")
	h.eventually("the Ingress says that it is routed", func() bool {
		hosts := h.published(first)
		return len(hosts) == 1 && hosts[0] == host
	})
	h.shows("the store has no pods", "503")

	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "gateway-a", Name: "server-1", Labels: map[string]string{discoveryv1.LabelServiceName: "server"},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
	}
	point := func(text string) {
		address, port := h.pod(text)
		slice.Endpoints = []discoveryv1.Endpoint{{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)}}}
		slice.Ports = []discoveryv1.EndpointPort{{Name: new("http"), Port: new(port)}}
	}
	point("first pod")
	h.must(h.Create(h.Context(), slice))
	h.shows("the first pod is there", "first pod")
	point("second pod")
	h.must(h.Update(h.Context(), slice))
	h.shows("the pod was replaced", "second pod")

	younger := h.store("gateway-b")
	h.must(h.Delete(h.Context(), slice))
	h.shows("the pods are gone, and the host is not the younger store's", "503")
	if hosts := h.published(younger); len(hosts) != 0 {
		t.Errorf("the younger Ingress has %v in its status", hosts)
	}
	h.must(h.Delete(h.Context(), first))
	h.eventually("the younger Ingress gets the host", func() bool { return len(h.published(younger)) == 1 })
	h.must(h.Delete(h.Context(), younger))
	h.shows("both Ingresses are gone", "404")
}
