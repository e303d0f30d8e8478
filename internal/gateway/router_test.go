package gateway

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const demoHost = "demo.shopflow.localhost"

// newIngress returns an Ingress of class shopflow that sends a host to port 80 of the Service server.
func newIngress(namespace string, age time.Duration, hosts ...string) *networkingv1.Ingress {
	class, prefix := "shopflow", networkingv1.PathTypePrefix
	ingress := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: "store",
		CreationTimestamp: metav1.NewTime(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Add(-age)),
	}}
	ingress.Spec.IngressClassName = &class
	for _, host := range hosts {
		ingress.Spec.Rules = append(ingress.Spec.Rules, networkingv1.IngressRule{
			Host: host,
			IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
				Path: "/", PathType: &prefix,
				Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
					Name: "server", Port: networkingv1.ServiceBackendPort{Number: 80},
				}},
			}}}},
		})
	}
	return ingress
}

func newService(namespace string, ports ...corev1.ServicePort) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "server"},
		Spec:       corev1.ServiceSpec{Ports: ports},
	}
}

// newSlice returns a slice of the Service server with port http on 9000 and metrics on 9100.
func newSlice(namespace, name string, endpoints ...discoveryv1.Endpoint) *discoveryv1.EndpointSlice {
	return &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: "server"}},
		AddressType: discoveryv1.AddressTypeIPv4, Endpoints: endpoints,
		Ports: []discoveryv1.EndpointPort{{Name: new("http"), Port: new(int32(9000))}, {Name: new("metrics"), Port: new(int32(9100))}},
	}
}

func ready(address string) discoveryv1.Endpoint {
	return endpoint(address, discoveryv1.EndpointConditions{Ready: new(true), Serving: new(true), Terminating: new(false)})
}

func endpoint(address string, conditions discoveryv1.EndpointConditions) discoveryv1.Endpoint {
	return discoveryv1.Endpoint{Addresses: []string{address}, Conditions: conditions}
}

func httpPort() corev1.ServicePort { return corev1.ServicePort{Name: "http", Port: 80} }

func testRouter(t *testing.T) (*router, *table) {
	t.Helper()
	hosts := &table{}
	return newRouter("shopflow", types.NamespacedName{}, hosts, slog.New(slog.DiscardHandler), func(types.NamespacedName) {}), hosts
}

func TestEndpoints(t *testing.T) {
	byNumber := func(number int32) networkingv1.ServiceBackendPort {
		return networkingv1.ServiceBackendPort{Number: number}
	}
	terminating := discoveryv1.EndpointConditions{Ready: new(false), Serving: new(true), Terminating: new(true)}
	cases := map[string]struct {
		reason  string
		service *corev1.Service
		slices  []*discoveryv1.EndpointSlice
		port    networkingv1.ServiceBackendPort
		want    []string
	}{
		"PortByNumber": {
			reason:  "the number is the Service's, the name leads to the pods' own",
			service: newService("a", httpPort(), corev1.ServicePort{Name: "metrics", Port: 9090}),
			slices:  []*discoveryv1.EndpointSlice{newSlice("a", "1", ready("10.0.0.1"))},
			port:    byNumber(9090), want: []string{"10.0.0.1:9100"},
		},
		"PortByName": {
			reason:  "a name needs no number",
			service: newService("a", httpPort()),
			slices:  []*discoveryv1.EndpointSlice{newSlice("a", "1", ready("10.0.0.1"))},
			port:    networkingv1.ServiceBackendPort{Name: "http"}, want: []string{"10.0.0.1:9000"},
		},
		"PortWithoutName": {
			reason:  "the only port of a Service may have no name",
			service: newService("a", corev1.ServicePort{Port: 80}),
			slices: []*discoveryv1.EndpointSlice{func() *discoveryv1.EndpointSlice {
				slice := newSlice("a", "1", ready("10.0.0.1"))
				slice.Ports = []discoveryv1.EndpointPort{{Name: new(""), Port: new(int32(9000))}}
				return slice
			}()},
			port: byNumber(80), want: []string{"10.0.0.1:9000"},
		},
		"UnknownPort": {
			reason:  "a port that the Service does not have leads nowhere",
			service: newService("a", httpPort()),
			slices:  []*discoveryv1.EndpointSlice{newSlice("a", "1", ready("10.0.0.1"))},
			port:    byNumber(81),
		},
		"NoService": {
			reason: "slices without their Service may be left over",
			slices: []*discoveryv1.EndpointSlice{newSlice("a", "1", ready("10.0.0.1"))},
			port:   byNumber(80),
		},
		"ExternalName": {
			reason: "such a Service could name any address",
			service: func() *corev1.Service {
				service := newService("a", httpPort())
				service.Spec.Type = corev1.ServiceTypeExternalName
				return service
			}(),
			slices: []*discoveryv1.EndpointSlice{newSlice("a", "1", ready("10.0.0.1"))},
			port:   byNumber(80),
		},
		"SeveralSlices": {
			reason:  "a Service may have many slices, and a pod may be in two of them for a moment",
			service: newService("a", httpPort()),
			slices: []*discoveryv1.EndpointSlice{
				newSlice("a", "1", ready("10.0.0.2"), ready("10.0.0.1")), newSlice("a", "2", ready("10.0.0.3"), ready("10.0.0.1")),
			},
			port: byNumber(80), want: []string{"10.0.0.1:9000", "10.0.0.2:9000", "10.0.0.3:9000"},
		},
		"OnlyReady": {
			reason:  "a terminating pod gets nothing as long as another is ready",
			service: newService("a", httpPort()),
			slices:  []*discoveryv1.EndpointSlice{newSlice("a", "1", endpoint("10.0.0.1", terminating), ready("10.0.0.2"))},
			port:    byNumber(80), want: []string{"10.0.0.2:9000"},
		},
		"TerminatingWhenNoneIsReady": {
			reason:  "better a pod that terminates than none",
			service: newService("a", httpPort()),
			slices:  []*discoveryv1.EndpointSlice{newSlice("a", "1", endpoint("10.0.0.1", terminating))},
			port:    byNumber(80), want: []string{"10.0.0.1:9000"},
		},
		"NotReady": {
			reason:  "a pod that starts or fails its probe gets nothing",
			service: newService("a", httpPort()),
			slices: []*discoveryv1.EndpointSlice{newSlice("a", "1",
				endpoint("10.0.0.1", discoveryv1.EndpointConditions{Ready: new(false), Serving: new(false), Terminating: new(false)}),
				endpoint("10.0.0.2", discoveryv1.EndpointConditions{Ready: new(false), Serving: new(false), Terminating: new(true)}),
			)},
			port: byNumber(80),
		},
		"UnknownIsReady": {
			reason:  "the API asks to take unset for ready",
			service: newService("a", httpPort()),
			slices:  []*discoveryv1.EndpointSlice{newSlice("a", "1", endpoint("10.0.0.1", discoveryv1.EndpointConditions{}))},
			port:    byNumber(80), want: []string{"10.0.0.1:9000"},
		},
		"IPv6": {
			reason:  "addresses are joined with their port correctly",
			service: newService("a", httpPort()),
			slices: []*discoveryv1.EndpointSlice{func() *discoveryv1.EndpointSlice {
				slice := newSlice("a", "1", ready("fd00::1"))
				slice.AddressType = discoveryv1.AddressTypeIPv6
				return slice
			}()},
			port: byNumber(80), want: []string{"[fd00::1]:9000"},
		},
		"OtherService": {
			reason:  "slices belong to the Service that their label names",
			service: newService("a", httpPort()),
			slices: []*discoveryv1.EndpointSlice{func() *discoveryv1.EndpointSlice {
				slice := newSlice("a", "1", ready("10.0.0.1"))
				slice.Labels[discoveryv1.LabelServiceName] = "database"
				return slice
			}()},
			port: byNumber(80),
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o := &objects{services: map[string]*corev1.Service{}, slices: map[string]*discoveryv1.EndpointSlice{}}
			if c.service != nil {
				o.services["server"] = c.service
			}
			for _, slice := range c.slices {
				o.slices[slice.Name] = slice
			}
			if diff := cmp.Diff(c.want, o.endpoints("server", c.port)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func TestRouterFollowsItsObjects(t *testing.T) {
	r, hosts := testRouter(t)
	expect := func(when string, known bool, want ...string) {
		t.Helper()
		_, endpoints, isKnown := hosts.lookup(demoHost, "/")
		if isKnown != known || !cmp.Equal(want, endpoints) {
			t.Errorf("%s: known %t, endpoints %v; want %t, %v", when, isKnown, endpoints, known, want)
		}
	}
	slice := newSlice("a", "1", ready("10.0.0.1"))
	r.setSlice(slice)
	expect("a slice alone", false)
	r.setIngress(newIngress("a", 0, demoHost))
	expect("no Service yet", true)
	r.setService(newService("a", httpPort()))
	expect("all there", true, "10.0.0.1:9000")
	r.setSlice(newSlice("a", "1", ready("10.0.0.2")))
	expect("the pod was replaced", true, "10.0.0.2:9000")
	r.removeSlice(slice)
	expect("no slice", true)
	r.setSlice(slice)
	r.setIngress(newIngress("a", 0, "other.shopflow.localhost"))
	expect("the Ingress has another host", false)
	r.setIngress(newIngress("a", 0, demoHost))
	expect("and back", true, "10.0.0.1:9000")
	foreign := newIngress("a", 0, demoHost)
	foreign.Spec.IngressClassName = new("nginx")
	r.setIngress(foreign)
	expect("the Ingress is of another class", false)
	r.setIngress(newIngress("a", 0, demoHost))
	r.removeIngress(newIngress("a", 0, demoHost))
	r.removeService(newService("a"))
	r.removeSlice(slice)
	expect("everything removed", false)
	if len(r.namespaces) != 0 || len(r.claims) != 0 {
		t.Errorf("left over: %d namespaces, %d claims", len(r.namespaces), len(r.claims))
	}
}

func TestRouterIgnoresWhatItDoesNotServe(t *testing.T) {
	r, hosts := testRouter(t)
	classless := newIngress("a", 0, "classless.example.com")
	classless.Spec.IngressClassName = nil
	pathless := newIngress("c", 0, "pathless.example.com")
	pathless.Spec.Rules[0].HTTP = nil
	for _, ingress := range []*networkingv1.Ingress{classless, pathless} {
		r.setIngress(ingress)
	}
	for _, host := range []string{"classless.example.com", "pathless.example.com", "anything.example.com"} {
		if _, _, known := hosts.lookup(host, "/"); known {
			t.Errorf("%s is served", host)
		}
	}
}

func TestOlderIngressKeepsItsHost(t *testing.T) {
	changed := map[string]int{}
	hosts := &table{}
	r := newRouter("shopflow", types.NamespacedName{}, hosts, slog.New(slog.DiscardHandler), func(key types.NamespacedName) { changed[key.Namespace]++ })
	for namespace, address := range map[string]string{"old": "10.0.0.1", "new": "10.0.0.2"} {
		r.setService(newService(namespace, httpPort()))
		r.setSlice(newSlice(namespace, "1", ready(address)))
	}
	expect := func(when, want string, refused int, old, young []string) {
		t.Helper()
		_, endpoints, _ := hosts.lookup(demoHost, "/")
		if len(endpoints) != 1 || endpoints[0] != want {
			t.Errorf("%s: endpoints %v, want %s", when, endpoints, want)
		}
		if r.conflicts() != refused {
			t.Errorf("%s: %d claims refused, want %d", when, r.conflicts(), refused)
		}
		for namespace, want := range map[string][]string{"old": old, "new": young} {
			if got, _ := r.routing(types.NamespacedName{Namespace: namespace, Name: "store"}); !cmp.Equal(want, got.hosts) {
				t.Errorf("%s: %q has the hosts %v, want %v", when, namespace, got.hosts, want)
			}
		}
	}
	const spare = "spare.shopflow.localhost"
	r.setIngress(newIngress("new", time.Minute, demoHost, spare))
	expect("the new one alone", "10.0.0.2:9000", 0, nil, []string{demoHost, spare})
	changed["new"] = 0
	r.setIngress(newIngress("old", time.Hour, "DEMO.shopflow.localhost"))
	expect("the old one was seen later", "10.0.0.1:9000", 1, []string{demoHost}, []string{spare})
	if changed["new"] == 0 {
		t.Error("the new one was not told that it has lost a host")
	}
	r.setSlice(newSlice("new", "1", ready("10.0.0.3")))
	expect("the loser's pods change", "10.0.0.1:9000", 1, []string{demoHost}, []string{spare})
	changed["new"] = 0
	r.removeIngress(newIngress("old", time.Hour, demoHost))
	expect("the old one is gone", "10.0.0.3:9000", 0, nil, []string{demoHost, spare})
	if changed["new"] == 0 {
		t.Error("the new one was not told that it has got a host")
	}
}
