package gateway

import (
	"cmp"
	"fmt"
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
	class   string
	service types.NamespacedName
	table   *table
	log     *slog.Logger
	// changed is called with each Ingress whose routing may be different now.
	changed func(types.NamespacedName)

	mu         sync.Mutex
	namespaces map[string]*objects
	// claims are the Ingresses that name a host, its owner first.
	claims map[string][]types.NamespacedName
	// addresses are where the gateway's own Service is reached.
	addresses []networkingv1.IngressLoadBalancerIngress
}

// routing is what the gateway makes of an Ingress.
type routing struct {
	ingress *networkingv1.Ingress
	// hosts are those that are routed to it, as the Ingress has them.
	hosts []string
	// addresses are where clients reach those hosts.
	addresses []networkingv1.IngressLoadBalancerIngress
	problems  []problem
}

// newRouter returns a router for the Ingresses of a class. service is the gateway's own Service.
func newRouter(class string, service types.NamespacedName, table *table, log *slog.Logger, changed func(types.NamespacedName)) *router {
	return &router{
		class: class, service: service, table: table, log: log, changed: changed,
		namespaces: map[string]*objects{}, claims: map[string][]types.NamespacedName{},
	}
}

// setIngress takes in a new or changed Ingress. One of another class counts as none.
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
	if service.Namespace == r.service.Namespace && service.Name == r.service.Name {
		r.setAddresses(serviceAddresses(service))
	}
	r.update(service.Namespace, func(o *objects) { o.services[service.Name] = service })
}

func (r *router) removeService(service *corev1.Service) {
	r.update(service.Namespace, func(o *objects) { delete(o.services, service.Name) })
}

func (r *router) setSlice(slice *discoveryv1.EndpointSlice) {
	r.update(slice.Namespace, func(o *objects) { o.slices[slice.Name] = slice })
}

func (r *router) removeSlice(slice *discoveryv1.EndpointSlice) {
	r.update(slice.Namespace, func(o *objects) { delete(o.slices, slice.Name) })
}

// setAddresses takes in where the gateway is reached, which every Ingress tells in its status.
func (r *router) setAddresses(addresses []networkingv1.IngressLoadBalancerIngress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.EqualFunc(r.addresses, addresses, sameAddress) {
		return
	}
	r.addresses = addresses
	for namespace, o := range r.namespaces {
		for name := range o.ingresses {
			r.changed(types.NamespacedName{Namespace: namespace, Name: name})
		}
	}
}

// routing returns what became of an Ingress, and false if there is none.
func (r *router) routing(key types.NamespacedName) (routing, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ingress := r.ingress(key)
	if ingress == nil {
		return routing{}, false
	}
	result := routing{ingress: ingress, problems: ownProblems(ingress)}
	for _, pattern := range patterns(ingress) {
		if r.claims[pattern][0] == key {
			result.hosts = append(result.hosts, displayName(pattern))
		} else { // Whose it is would be news of other people's stores.
			result.problems = append(result.problems, problem{reasonHostTaken, fmt.Sprintf(
				"%s is not served: an older Ingress has it. Choose another host or delete the other Ingress", hostTitle(pattern))})
		}
	}
	if len(result.hosts) > 0 {
		result.addresses = r.addresses
	}
	return result, true
}

// conflicts counts the claims to hosts that an older Ingress has.
func (r *router) conflicts() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	count := 0
	for _, claimants := range r.claims {
		count += len(claimants) - 1
	}
	return count
}

// update changes the objects of a namespace and the rules of its hosts.
func (r *router) update(namespace string, change func(*objects)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.namespace(namespace)
	change(o)
	for name, ingress := range o.ingresses {
		key := types.NamespacedName{Namespace: namespace, Name: name}
		for _, host := range patterns(ingress) {
			if r.claims[host][0] == key {
				r.table.set(host, o.rules(ingress, host))
			}
		}
	}
	r.removeIfEmpty(namespace)
}

// replaceIngress replaces an Ingress by a new one, or by none, and assigns the hosts of both.
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
		r.assign(host, key, slices.Contains(claimed, host))
	}
	r.changed(key)
	r.removeIfEmpty(key.Namespace)
}

// assign decides which Ingress owns a host after one of them has changed.
func (r *router) assign(host string, key types.NamespacedName, claimed bool) {
	before := r.claims[host]
	after := slices.DeleteFunc(slices.Clone(before), func(other types.NamespacedName) bool { return other == key })
	if claimed {
		after = append(after, key)
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
	for _, other := range after {
		r.changed(other)
		if other != owner {
			r.log.Warn("host belongs to an older Ingress", "host", displayName(host), "ingress", other.String(), "owner", owner.String())
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

func (r *router) removeIfEmpty(name string) {
	if o := r.namespaces[name]; len(o.ingresses)+len(o.services)+len(o.slices) == 0 {
		delete(r.namespaces, name)
	}
}

func keyOf(ingress *networkingv1.Ingress) types.NamespacedName {
	return types.NamespacedName{Namespace: ingress.Namespace, Name: ingress.Name}
}
