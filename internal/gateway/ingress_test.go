package gateway

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// withDefault gives an Ingress a default backend.
func withDefault(ingress *networkingv1.Ingress) *networkingv1.Ingress {
	ingress.Spec.DefaultBackend = &networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
		Name: "server", Port: networkingv1.ServiceBackendPort{Number: 80},
	}}
	return ingress
}

// withPath changes the path of an Ingress's first rule.
func withPath(ingress *networkingv1.Ingress, path string) *networkingv1.Ingress {
	ingress.Spec.Rules[0].HTTP.Paths[0].Path = path
	return ingress
}

// withoutPaths takes the paths of an Ingress's first rule away.
func withoutPaths(ingress *networkingv1.Ingress) *networkingv1.Ingress {
	ingress.Spec.Rules[0].HTTP = nil
	return ingress
}

func TestDefaultBackend(t *testing.T) {
	cases := map[string]struct {
		reason    string
		ingresses []*networkingv1.Ingress // Each in a namespace whose pods have an address of their own.
		// want is the namespace that serves a host and path, "" if none does.
		want map[string]string
	}{
		"WithoutRules": {
			reason:    "it takes the hosts that no Ingress names",
			ingresses: []*networkingv1.Ingress{withDefault(newIngress("any", 0)), newIngress("shop", 0, "shop.example.com")},
			want: map[string]string{
				"other.example.com/": "any", "127.0.0.1/": "any", "[::1]/": "any", "shop.example.com/": "shop",
			},
		},
		"WithRules": {
			reason: "it takes the paths of its own hosts that no rule matches, and no other host",
			ingresses: []*networkingv1.Ingress{
				withPath(withDefault(newIngress("shop", 0, "shop.example.com")), "/api"),
				newIngress("other", 0, "other.example.com"),
			},
			want: map[string]string{
				"shop.example.com/": "shop", "shop.example.com/api": "shop", "other.example.com/": "other", "unknown.example.com/": "",
			},
		},
		"RuleWithoutPaths": {
			reason:    "a host without paths leaves every path to the default backend",
			ingresses: []*networkingv1.Ingress{withoutPaths(withDefault(newIngress("shop", 0, "shop.example.com")))},
			want:      map[string]string{"shop.example.com/a": "shop", "unknown.example.com/": ""},
		},
		"RuleWithoutHost": {
			reason:    "a rule without a host is for the hosts that no Ingress names",
			ingresses: []*networkingv1.Ingress{withPath(newIngress("any", 0, ""), "/api")},
			want:      map[string]string{"unknown.example.com/api/v1": "any", "unknown.example.com/": ""},
		},
		"OthersPaths": {
			reason: "the paths that an Ingress leaves out stay its own: its requests may carry its customers' cookies",
			ingresses: []*networkingv1.Ingress{
				withDefault(newIngress("any", 0)), withPath(newIngress("shop", 0, "shop.example.com"), "/api"),
			},
			want: map[string]string{"shop.example.com/admin": "", "shop.example.com/api": "shop"},
		},
		"Oldest": {
			reason:    "as for any host, the oldest Ingress has it",
			ingresses: []*networkingv1.Ingress{withDefault(newIngress("young", 0)), withDefault(newIngress("old", time.Hour))},
			want:      map[string]string{"unknown.example.com/": "old"},
		},
		"Wildcard": {
			reason:    "a wildcard is more specific than the default backend",
			ingresses: []*networkingv1.Ingress{withDefault(newIngress("any", time.Hour)), newIngress("wild", 0, "*.example.com")},
			want:      map[string]string{"one.example.com/": "wild", "one.two.example.com/": "any"},
		},
		"StoreMayNot": {
			reason: "a store has no hosts but those that it names exactly",
			ingresses: []*networkingv1.Ingress{
				withDefault(newIngress("store-a", 0)), newIngress("store-b", 0, "*.example.com", "shop.example.com"),
			},
			want: map[string]string{"unknown.example.com/": "", "shop.example.com/": "store-b"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r, hosts := testRouter(t)
			for _, ingress := range c.ingresses {
				r.setService(newService(ingress.Namespace, httpPort()))
				r.setSlice(newSlice(ingress.Namespace, "1", ready(ingress.Namespace)))
				r.setIngress(ingress)
			}
			for url, want := range c.want {
				host, path, _ := strings.Cut(url, "/")
				_, endpoints, _ := hosts.lookup(host, "/"+path)
				got, _, _ := strings.Cut(strings.Join(endpoints, ","), ":")
				if got != want {
					t.Errorf("%s: %s is served by %q, want %q", c.reason, url, got, want)
				}
			}
			for _, ingress := range c.ingresses {
				r.removeIngress(ingress)
			}
			if _, _, known := hosts.lookup("unknown.example.com", "/"); known || len(r.claims) > 0 {
				t.Errorf("left over: %d claims", len(r.claims))
			}
		})
	}
}

func TestProblems(t *testing.T) {
	withTLS := newIngress("a", 0, "shop.example.com")
	withTLS.Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{"shop.example.com"}}}
	resource := newIngress("a", 0, "shop.example.com")
	resource.Spec.Rules[0].HTTP.Paths[0].Backend = networkingv1.IngressBackend{Resource: &corev1.TypedLocalObjectReference{}}
	cases := map[string]struct {
		ingress *networkingv1.Ingress
		older   *networkingv1.Ingress
		reasons []string
		hosts   []string
	}{
		"None":            {ingress: newIngress("a", 0, "shop.example.com", "*.example.org"), hosts: []string{"shop.example.com", "*.example.org"}},
		"HostTaken":       {ingress: newIngress("a", 0, "shop.example.com", "b.example.com"), older: newIngress("b", time.Hour, "shop.example.com"), reasons: []string{reasonHostTaken}, hosts: []string{"b.example.com"}},
		"DefaultTaken":    {ingress: withDefault(newIngress("a", 0)), older: withDefault(newIngress("b", time.Hour)), reasons: []string{reasonHostTaken}},
		"StoreWildcard":   {ingress: newIngress("store-a", 0, "*.example.com", "a.example.com"), reasons: []string{reasonHostNotAllowed}, hosts: []string{"a.example.com"}},
		"StoreDefault":    {ingress: withDefault(newIngress("store-a", 0)), reasons: []string{reasonHostNotAllowed}},
		"TLS":             {ingress: withTLS, reasons: []string{reasonTLSNotServed}, hosts: []string{"shop.example.com"}},
		"ResourceBackend": {ingress: resource, reasons: []string{reasonBackendNotSupported}, hosts: []string{"shop.example.com"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r, _ := testRouter(t)
			if c.older != nil {
				r.setIngress(c.older)
			}
			r.setIngress(c.ingress)
			got, _ := r.routing(keyOf(c.ingress))
			var reasons []string
			for _, problem := range got.problems {
				reasons = append(reasons, problem.reason)
				if c.older != nil && strings.Contains(problem.message, c.older.Namespace+"/") {
					t.Errorf("%q tells whose the host is", problem.message)
				}
			}
			if diff := cmp.Diff(c.reasons, reasons); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.hosts, got.hosts); diff != "" {
				t.Errorf("hosts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestServiceAddresses(t *testing.T) {
	cases := map[string]struct {
		service corev1.Service
		want    []networkingv1.IngressLoadBalancerIngress
	}{
		"LoadBalancer": {
			service: corev1.Service{
				Spec:   corev1.ServiceSpec{ClusterIPs: []string{"10.96.0.7"}},
				Status: corev1.ServiceStatus{LoadBalancer: corev1.LoadBalancerStatus{Ingress: []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}, {Hostname: "lb.example.com"}}}},
			},
			want: []networkingv1.IngressLoadBalancerIngress{{IP: "192.0.2.1"}, {Hostname: "lb.example.com"}},
		},
		"ExternalIP": {
			service: corev1.Service{Spec: corev1.ServiceSpec{ClusterIPs: []string{"10.96.0.7"}, ExternalIPs: []string{"192.0.2.2"}}},
			want:    []networkingv1.IngressLoadBalancerIngress{{IP: "192.0.2.2"}},
		},
		"ClusterIP": {
			service: corev1.Service{Spec: corev1.ServiceSpec{ClusterIPs: []string{"10.96.0.7", "fd00::7"}}},
			want:    []networkingv1.IngressLoadBalancerIngress{{IP: "10.96.0.7"}, {IP: "fd00::7"}},
		},
		"Headless": {service: corev1.Service{Spec: corev1.ServiceSpec{ClusterIPs: []string{corev1.ClusterIPNone}}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, serviceAddresses(&c.service)); diff != "" {
				t.Errorf("addresses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAddressesReachEveryIngress(t *testing.T) {
	service := types.NamespacedName{Namespace: "system", Name: "gateway"}
	changed := map[string]int{}
	r, _ := testRouter(t)
	r.service = service
	r.changed = func(key types.NamespacedName) { changed[key.Namespace]++ }
	r.setIngress(newIngress("a", 0, demoHost))
	r.setIngress(newIngress("b", 0, demoHost))
	clear(changed)
	own := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: service.Namespace, Name: service.Name},
		Spec:       corev1.ServiceSpec{ClusterIPs: []string{"10.96.0.7"}},
	}
	r.setService(own)
	r.setService(own)
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 1}, changed); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	for namespace, want := range map[string]int{"a": 1, "b": 0} { // b has lost its host.
		got, _ := r.routing(types.NamespacedName{Namespace: namespace, Name: "store"})
		if len(got.addresses) != want {
			t.Errorf("%s has the addresses %v", namespace, got.addresses)
		}
	}
}
