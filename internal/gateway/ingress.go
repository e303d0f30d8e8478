package gateway

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// objects are the routing objects of one namespace, by name.
type objects struct {
	ingresses map[string]*networkingv1.Ingress
	services  map[string]*corev1.Service
	slices    map[string]*discoveryv1.EndpointSlice
}

// problem is why a part of an Ingress is not served, as its events say it.
type problem struct{ reason, message string }

// The reasons of problems.
const (
	reasonHostTaken           = "HostTaken"
	reasonHostNotAllowed      = "HostNotAllowed"
	reasonTLSNotServed        = "TLSNotServed"
	reasonBackendNotSupported = "BackendNotSupported"
)

// patterns returns the hosts that an Ingress may have, each once. A default backend without rules is for any host.
func patterns(ingress *networkingv1.Ingress) []string {
	return slices.DeleteFunc(namedPatterns(ingress), func(pattern string) bool { return !mayClaim(ingress.Namespace, pattern) })
}

// namedPatterns returns the hosts that an Ingress names, each once.
func namedPatterns(ingress *networkingv1.Ingress) []string {
	if len(ingress.Spec.Rules) == 0 && ingress.Spec.DefaultBackend != nil {
		return []string{anyHost}
	}
	found := make([]string, 0, len(ingress.Spec.Rules))
	for i := range ingress.Spec.Rules {
		if p := pattern(ingress.Spec.Rules[i].Host); p != "" && !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	return found
}

// mayClaim reports whether the Ingresses of a namespace may have a host. A store has only the hosts that it names exactly:
// a pattern would bring it the requests for stores that are not there yet, or no longer.
func mayClaim(namespace, pattern string) bool {
	return isExact(pattern) || !strings.HasPrefix(namespace, v1alpha1.StoreNamespacePrefix)
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
			r.endpoints = o.backend(&path.Backend)
			rules = append(rules, r)
		}
	}
	if ingress.Spec.DefaultBackend != nil {
		rules = append(rules, rule{endpoints: o.backend(ingress.Spec.DefaultBackend)}) // After a rule for every path.
	}
	return rules
}

// backend returns the addresses that take requests for a backend.
func (o *objects) backend(backend *networkingv1.IngressBackend) []string {
	if backend.Service == nil {
		return nil
	}
	return o.endpoints(backend.Service.Name, backend.Service.Port)
}

// ownProblems returns what the gateway cannot serve of an Ingress, whatever the others say.
func ownProblems(ingress *networkingv1.Ingress) []problem {
	var problems []problem
	for _, p := range namedPatterns(ingress) {
		if !mayClaim(ingress.Namespace, p) {
			problems = append(problems, problem{reasonHostNotAllowed, fmt.Sprintf(
				"%s is not served: an Ingress of a store may name exact hosts only. List each host in a rule of its own", hostTitle(p))})
		}
	}
	if len(ingress.Spec.TLS) > 0 {
		problems = append(problems, problem{
			reasonTLSNotServed, "TLS is not served: the gateway takes plain HTTP. End TLS at a load balancer in front of it",
		})
	}
	if hasResourceBackend(ingress) {
		problems = append(problems, problem{
			reasonBackendNotSupported, "Backends of type resource are not supported. Name a Service instead",
		})
	}
	return problems
}

func hasResourceBackend(ingress *networkingv1.Ingress) bool {
	if backend := ingress.Spec.DefaultBackend; backend != nil && backend.Resource != nil {
		return true
	}
	for i := range ingress.Spec.Rules {
		if ingress.Spec.Rules[i].HTTP == nil {
			continue
		}
		for j := range ingress.Spec.Rules[i].HTTP.Paths {
			if ingress.Spec.Rules[i].HTTP.Paths[j].Backend.Resource != nil {
				return true
			}
		}
	}
	return false
}

// hostTitle names a pattern at the beginning of a sentence.
func hostTitle(pattern string) string {
	if pattern == anyHost {
		return "The default backend for any host"
	}
	return "Host " + displayName(pattern)
}
