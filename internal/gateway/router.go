package gateway

import (
	"cmp"
	"log/slog"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
)

// router turns Kubernetes objects into rules in the table. A change touches the hosts of its namespace and no other. It is
// safe for concurrent use, and keeps the objects it is given: they must not be changed afterwards.
type router struct {
	class string
	table *table
	log   *slog.Logger
	// moved is called with each Ingress whose set of routed hosts may be another now.
	moved func(types.NamespacedName)

	mu         sync.Mutex
	namespaces map[string]*objects
	// claims are the Ingresses that name a host, the one that it belongs to first.
	claims map[string][]types.NamespacedName
}

func newRouter(class string, table *table, log *slog.Logger, moved func(types.NamespacedName)) *router {
	return &router{
		class: class, table: table, log: log, moved: moved,
		namespaces: map[string]*objects{}, claims: map[string][]types.NamespacedName{},
	}
}

// setIngress takes in a new or changed Ingress. One of another class is as good as none.
func (r *router) setIngress(ingress *networkingv1.Ingress) {
	if ingress.Spec.IngressClassName == nil || *ingress.Spec.IngressClassName != r.class {
		r.removeIngress(ingress)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.replaceIngress(keyOf(ingress), ingress)
}

// removeIngress forgets an Ingress.
func (r *router) removeIngress(ingress *networkingv1.Ingress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ingress(keyOf(ingress)) != nil {
		r.replaceIngress(keyOf(ingress), nil)
	}
}

func (r *router) setService(service *corev1.Service) {
	r.change(service.Namespace, func(o *objects) { o.services[service.Name] = service })
}

func (r *router) removeService(service *corev1.Service) {
	r.change(service.Namespace, func(o *objects) { delete(o.services, service.Name) })
}

func (r *router) setSlice(slice *discoveryv1.EndpointSlice) {
	r.change(slice.Namespace, func(o *objects) { o.slices[slice.Name] = slice })
}

func (r *router) removeSlice(slice *discoveryv1.EndpointSlice) {
	r.change(slice.Namespace, func(o *objects) { delete(o.slices, slice.Name) })
}

// routed returns the Ingress of a key, nil if there is none, and the hosts that the gateway routes to it.
func (r *router) routed(key types.NamespacedName) (*networkingv1.Ingress, []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ingress := r.ingress(key)
	if ingress == nil {
		return nil, nil
	}
	var hosts []string
	for _, host := range patterns(ingress) {
		if r.claims[host][0] == key {
			hosts = append(hosts, r.table.get(host).name)
		}
	}
	return ingress, hosts
}

// refused counts the claims to hosts that belong to another Ingress.
func (r *router) refused() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	count := 0
	for _, claimants := range r.claims {
		count += len(claimants) - 1
	}
	return count
}

// change alters the objects of a namespace and works out its hosts again.
func (r *router) change(namespace string, alter func(*objects)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.namespace(namespace)
	alter(o)
	for name, ingress := range o.ingresses {
		key := types.NamespacedName{Namespace: namespace, Name: name}
		for _, host := range patterns(ingress) {
			if r.claims[host][0] == key {
				r.table.set(host, o.rules(ingress, host))
			}
		}
	}
	r.drop(namespace)
}

// replaceIngress puts a new Ingress, or none, in the place of the old one, and works out the hosts of both again.
func (r *router) replaceIngress(key types.NamespacedName, ingress *networkingv1.Ingress) {
	o := r.namespace(key.Namespace)
	var affected, claimed []string
	if old := o.ingresses[key.Name]; old != nil {
		affected = patterns(old)
	}
	if ingress == nil {
		delete(o.ingresses, key.Name)
	} else {
		o.ingresses[key.Name] = ingress
		claimed = patterns(ingress)
		for _, host := range claimed {
			if !slices.Contains(affected, host) {
				affected = append(affected, host)
			}
		}
	}
	for _, host := range affected {
		r.settle(host, key, slices.Contains(claimed, host))
	}
	r.moved(key)
	r.drop(key.Namespace)
}

// settle decides anew whom a host belongs to, after one Ingress has changed.
func (r *router) settle(host string, changed types.NamespacedName, claimed bool) {
	before := r.claims[host]
	after := slices.DeleteFunc(slices.Clone(before), func(key types.NamespacedName) bool { return key == changed })
	if claimed {
		after = append(after, changed)
		slices.SortFunc(after, r.older)
	}
	if len(after) == 0 {
		delete(r.claims, host)
		r.table.remove(host)
		return
	}
	r.claims[host] = after
	owner := after[0]
	r.table.set(host, r.namespaces[owner.Namespace].rules(r.ingress(owner), host))
	if slices.Equal(before, after) {
		return
	}
	for _, key := range after {
		r.moved(key)
		if key != owner {
			r.log.Warn("host belongs to an older Ingress", "host", host, "ingress", key.String(), "owner", owner.String())
		}
	}
}

// older orders Ingresses by their age and then by name.
func (r *router) older(a, b types.NamespacedName) int {
	return cmp.Or(
		r.ingress(a).CreationTimestamp.Compare(r.ingress(b).CreationTimestamp.Time),
		cmp.Compare(a.String(), b.String()),
	)
}

func (r *router) ingress(key types.NamespacedName) *networkingv1.Ingress {
	o, ok := r.namespaces[key.Namespace]
	if !ok {
		return nil
	}
	return o.ingresses[key.Name]
}

func (r *router) namespace(name string) *objects {
	o, ok := r.namespaces[name]
	if !ok {
		o = &objects{
			ingresses: map[string]*networkingv1.Ingress{},
			services:  map[string]*corev1.Service{},
			slices:    map[string]*discoveryv1.EndpointSlice{},
		}
		r.namespaces[name] = o
	}
	return o
}

// drop forgets a namespace that holds nothing any more.
func (r *router) drop(name string) {
	if o := r.namespaces[name]; len(o.ingresses)+len(o.services)+len(o.slices) == 0 {
		delete(r.namespaces, name)
	}
}

func keyOf(ingress *networkingv1.Ingress) types.NamespacedName {
	return types.NamespacedName{Namespace: ingress.Namespace, Name: ingress.Name}
}
