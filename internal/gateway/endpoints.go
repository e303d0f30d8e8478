package gateway

import (
	"net"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// endpoints returns the addresses that take requests for a port of a Service: those of the ready pods or, as long as there
// is none, of terminating pods that still serve. A Service of type ExternalName has none: it could name any address.
func (o *objects) endpoints(service string, port networkingv1.ServiceBackendPort) []string {
	name, ok := portName(o.services[service], port)
	if !ok {
		return nil
	}
	ready, terminating := map[discoveryv1.AddressType][]string{}, map[discoveryv1.AddressType][]string{}
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
				terminating[slice.AddressType] = append(terminating[slice.AddressType], address)
			}
		}
	}
	// A dual-stack Service has each pod in a slice per family; one family is enough.
	for _, addresses := range [][]string{
		ready[discoveryv1.AddressTypeIPv4], ready[discoveryv1.AddressTypeIPv6],
		terminating[discoveryv1.AddressTypeIPv4], terminating[discoveryv1.AddressTypeIPv6],
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
