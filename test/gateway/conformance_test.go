package gateway

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

//go:embed testdata/conformance.yaml
var conformance []byte

// feature is an Ingress and what must become of requests.
type feature struct {
	Feature   string
	Namespace string
	Class     string
	Ingress   networkingv1.IngressSpec
	// Pods is how many each Service has, 1 unless it is said.
	Pods int
	// Unrouted tells that the Ingress must not get an address in its status.
	Unrouted bool
	// Events are the reasons of the events that the Ingress must get.
	Events    []string
	Scenarios []scenario
}

type scenario struct {
	Name, Method, URL, Service string
	Status, Requests           int
	Skip                       string
}

// echo is what a pod says of a request.
type echo struct{ Service, Pod, Method, Path, Proto, Host, UserAgent string }

func TestIngressConformance(t *testing.T) {
	var features []feature
	if err := yaml.UnmarshalStrict(conformance, &features); err != nil {
		t.Fatal(err)
	}
	h := start(t)
	for i, f := range features {
		t.Run(strings.ReplaceAll(f.Feature, " ", "-"), func(t *testing.T) {
			h := h.sub(t)
			ingress := h.feature(&f, fmt.Sprintf("conformance-%d", i))
			if f.Unrouted {
				// The others of its namespace would be routed by the time that a later one is.
				h.expectUnrouted(ingress)
			} else {
				h.eventually("the status names the gateway's address", func() bool {
					addresses := h.published(ingress)
					return len(addresses) == 1 && addresses[0] == h.serviceAddress
				})
			}
			for _, reason := range f.Events {
				h.eventually("the Ingress has the event "+reason, func() bool { return h.hasEvent(ingress, reason) })
			}
			for _, s := range f.Scenarios {
				t.Run(strings.ReplaceAll(s.Name, " ", "-"), func(t *testing.T) {
					if s.Skip != "" {
						t.Skip("SKIP: " + s.Skip)
					}
					h.sub(t).run(&f, &s)
				})
			}
			h.must(h.Delete(h.Context(), ingress))
			h.eventually("the Ingress is routed no more", func() bool {
				for _, s := range f.Scenarios {
					if s.Skip == "" && s.Service != "" {
						response := h.request(s.Method, s.URL)
						return response.status == http.StatusNotFound
					}
				}
				return true
			})
		})
	}
}

// feature creates the objects of a feature and returns its Ingress.
func (h *harness) feature(f *feature, namespace string) *networkingv1.Ingress {
	h.Helper()
	if f.Namespace != "" {
		namespace = f.Namespace
	}
	h.must(h.Create(h.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
	for name := range services(&f.Ingress) {
		h.must(h.Create(h.Context(), &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 8080}}},
		}))
		for pod := range max(f.Pods, 1) {
			h.must(h.Create(h.Context(), h.echoSlice(namespace, name, pod)))
		}
	}
	class := "shopflow"
	if f.Class != "" {
		class = f.Class
	}
	f.Ingress.IngressClassName = &class
	ingress := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "conformance"}, Spec: f.Ingress}
	h.must(h.Create(h.Context(), ingress))
	return ingress
}

// services returns the names of the Services that an Ingress leads to.
func services(spec *networkingv1.IngressSpec) map[string]bool {
	names := map[string]bool{}
	if spec.DefaultBackend != nil {
		names[spec.DefaultBackend.Service.Name] = true
	}
	for _, rule := range spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, path := range rule.HTTP.Paths {
			names[path.Backend.Service.Name] = true
		}
	}
	return names
}

// echoSlice starts a pod that tells what it was asked, and returns the slice that leads to it.
func (h *harness) echoSlice(namespace, service string, pod int) *discoveryv1.EndpointSlice {
	h.Helper()
	name := fmt.Sprintf("%s-%d", service, pod)
	address, port := h.pod(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "echo")
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(echo{
			Service: service, Pod: name, Method: r.Method, Path: r.URL.Path, Proto: r.Proto, Host: r.Host, UserAgent: r.UserAgent(),
		})
	})
	return newSlice(namespace, name, service, address, port)
}

// run sends the requests of a scenario.
func (h *harness) run(f *feature, s *scenario) {
	h.Helper()
	method := http.MethodGet
	if s.Method != "" {
		method = s.Method
	}
	if s.Service == "" {
		if got := h.request(method, s.URL); got.status != s.Status {
			h.Errorf("%s %s: status %d, want %d", method, s.URL, got.status, s.Status)
		}
		return
	}
	// Routes of the same Ingress come one host after another.
	h.eventually("the backend is routed", func() bool { return h.request(method, s.URL).status == http.StatusOK })
	pods := map[string]bool{}
	for range max(s.Requests, 1) {
		got := h.request(method, s.URL)
		var told echo
		if err := json.Unmarshal([]byte(got.body), &told); err != nil || got.status != http.StatusOK {
			h.Fatalf("%s %s: status %d, %q", method, s.URL, got.status, got.body)
		}
		pods[told.Pod] = true
		host, path, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), "/")
		want := echo{
			Service: s.Service, Pod: told.Pod, Method: method, Path: "/" + path, Proto: "HTTP/1.1", Host: host, UserAgent: "Go-http-client/1.1",
		}
		if told != want || got.proto != "HTTP/1.1" {
			h.Errorf("%s %s: got %+v by %s, want %+v", method, s.URL, told, got.proto, want)
		}
		for _, name := range []string{"Content-Length", "Content-Type", "Date", "Server"} {
			if got.header.Get(name) == "" {
				h.Errorf("%s %s: no header %s", method, s.URL, name)
			}
		}
	}
	if s.Requests > 1 && len(pods) != f.Pods {
		h.Errorf("%d of %d pods have served", len(pods), f.Pods)
	}
}

// expectUnrouted makes sure that an Ingress gets no address: a routed one that was created later has one by then.
func (h *harness) expectUnrouted(ingress *networkingv1.Ingress) {
	h.Helper()
	later := h.store(ingress.Namespace+"-later", "later."+ingress.Namespace+".example.com")
	h.eventually("a later Ingress is routed", func() bool { return len(h.published(later)) == 1 })
	if addresses := h.published(ingress); len(addresses) != 0 {
		h.Errorf("the Ingress has %v in its status", addresses)
	}
	h.must(h.Delete(h.Context(), later))
}

// hasEvent reports whether an object has an event of a reason.
func (h *harness) hasEvent(object client.Object, reason string) bool {
	h.Helper()
	var list eventsv1.EventList
	h.must(h.List(h.Context(), &list, client.InNamespace(object.GetNamespace())))
	for i := range list.Items {
		if list.Items[i].Regarding.UID == object.GetUID() && list.Items[i].Reason == reason {
			return true
		}
	}
	return false
}
