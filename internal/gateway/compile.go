package gateway

import (
	"net"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// objects are the routing objects of one namespace, by name.
type objects struct {
	ingresses map[string]*networkingv1.Ingress
	services  map[string]*corev1.Service
	slices    map[string]*discoveryv1.EndpointSlice
}

// patterns returns the hosts of an Ingress, each once.
func patterns(ingress *networkingv1.Ingress) []string {
	found := make([]string, 0, len(ingress.Spec.Rules))
	for i := range ingress.Spec.Rules {
		if p := pattern(ingress.Spec.Rules[i].Host); p != "" && !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	return found
}

// rules returns what an Ingress says about one of its hosts.
func (o *objects) rules(ingress *networkingv1.Ingress, host string) []rule {
	var rules []rule
	for i := range ingress.Spec.Rules {
		if ingress.Spec.Rules[i].HTTP == nil || pattern(ingress.Spec.Rules[i].Host) != host {
			continue
		}
		for j := range ingress.Spec.Rules[i].HTTP.Paths {
			path := &ingress.Spec.Rules[i].HTTP.Paths[j]
			r := rule{path: path.Path, exact: path.PathType != nil && *path.PathType == networkingv1.PathTypeExact}
			if !r.exact {
				r.path = strings.TrimRight(r.path, "/")
			}
			if backend := path.Backend.Service; backend != nil {
				r.endpoints = o.endpoints(backend.Name, backend.Port)
			}
			rules = append(rules, r)
		}
	}
	return rules
}

// endpoints returns the addresses that take requests for a port of a Service: those of the ready pods or, as long as there
// is none, of pods that end but still serve. A Service of type ExternalName has none: it could name any address.
func (o *objects) endpoints(service string, port networkingv1.ServiceBackendPort) []string {
	name, ok := portName(o.services[service], port)
	if !ok {
		return nil
	}
	ready, ending := map[discoveryv1.AddressType][]string{}, map[discoveryv1.AddressType][]string{}
	for _, slice := range o.slices {
		if slice.Labels[discoveryv1.LabelServiceName] != service {
			continue
		}
		number, ok := slicePort(slice, name)
		if !ok {
			continue
		}
		for i := range slice.Endpoints {
			endpoint := &slice.Endpoints[i]
			if len(endpoint.Addresses) == 0 {
				continue
			}
			// The addresses of one endpoint are interchangeable.
			address := net.JoinHostPort(endpoint.Addresses[0], number)
			conditions := endpoint.Conditions
			switch {
			case isTrue(conditions.Ready, true):
				ready[slice.AddressType] = append(ready[slice.AddressType], address)
			case isTrue(conditions.Serving, false) && isTrue(conditions.Terminating, false):
				ending[slice.AddressType] = append(ending[slice.AddressType], address)
			}
		}
	}
	// A dual-stack Service has each pod in a slice per family; one family is enough.
	for _, addresses := range [][]string{
		ready[discoveryv1.AddressTypeIPv4], ready[discoveryv1.AddressTypeIPv6],
		ending[discoveryv1.AddressTypeIPv4], ending[discoveryv1.AddressTypeIPv6],
	} {
		if len(addresses) > 0 {
			slices.Sort(addresses)
			return slices.Compact(addresses)
		}
	}
	return nil
}

// portName returns the name of the Service's port that an Ingress speaks of. Endpoint slices know ports by that name.
func portName(service *corev1.Service, wanted networkingv1.ServiceBackendPort) (string, bool) {
	if service == nil || service.Spec.Type == corev1.ServiceTypeExternalName {
		return "", false
	}
	for i := range service.Spec.Ports {
		port := &service.Spec.Ports[i]
		if wanted.Name != "" && port.Name == wanted.Name || wanted.Name == "" && port.Port == wanted.Number {
			return port.Name, true
		}
	}
	return "", false
}

// slicePort returns the number that a slice's endpoints listen on for a port name.
func slicePort(slice *discoveryv1.EndpointSlice, name string) (string, bool) {
	for i := range slice.Ports {
		port := &slice.Ports[i]
		if port.Port != nil && (port.Name == nil && name == "" || port.Name != nil && *port.Name == name) {
			return strconv.Itoa(int(*port.Port)), true
		}
	}
	return "", false
}

// isTrue reads a condition that may be unset.
func isTrue(condition *bool, unset bool) bool {
	if condition == nil {
		return unset
	}
	return *condition
}
