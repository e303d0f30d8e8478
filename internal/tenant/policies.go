package tenant

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// policies allow a store's pods to reach each other, DNS and the internet, and customers to reach the frontend through the ingress
// controller. Everything else is denied.
func (t Tenant) policies() []*networkingv1.NetworkPolicy {
	ingress, egress := networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress
	everyPod := metav1.LabelSelector{}
	sameNamespace := []networkingv1.NetworkPolicyPeer{{PodSelector: &everyPod}}
	return []*networkingv1.NetworkPolicy{
		t.policy("default-deny", networkingv1.NetworkPolicySpec{
			PodSelector: everyPod,
			PolicyTypes: []networkingv1.PolicyType{ingress, egress},
		}),
		t.policy("allow-own-namespace", networkingv1.NetworkPolicySpec{
			PodSelector: everyPod,
			PolicyTypes: []networkingv1.PolicyType{ingress, egress},
			Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: sameNamespace}},
			Egress:      []networkingv1.NetworkPolicyEgressRule{{To: sameNamespace}},
		}),
		t.policy("allow-dns", networkingv1.NetworkPolicySpec{
			PodSelector: everyPod,
			PolicyTypes: []networkingv1.PolicyType{egress},
			// DNS may be served by pods, by a cache on the node or by the node itself, so only the port is fixed.
			Egress: []networkingv1.NetworkPolicyEgressRule{{Ports: []networkingv1.NetworkPolicyPort{
				port(corev1.ProtocolUDP, 53), port(corev1.ProtocolTCP, 53),
			}}},
		}),
		t.policy("allow-customers", networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{v1alpha1.LabelComponent: t.Frontend}},
			PolicyTypes: []networkingv1.PolicyType{ingress},
			Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: t.customers()}},
		}),
		t.policy("allow-internet", networkingv1.NetworkPolicySpec{
			PodSelector: everyPod,
			PolicyTypes: []networkingv1.PolicyType{egress},
			Egress:      []networkingv1.NetworkPolicyEgressRule{{To: t.internet()}},
		}),
	}
}

func (t Tenant) policy(name string, spec networkingv1.NetworkPolicySpec) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: t.meta(name),
		Spec:       spec,
	}
}

func port(protocol corev1.Protocol, number int) networkingv1.NetworkPolicyPort {
	value := intstr.FromInt(number)
	return networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: &value}
}

func (t Tenant) customers() []networkingv1.NetworkPolicyPeer {
	return []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{
		MatchExpressions: []metav1.LabelSelectorRequirement{{
			Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpIn, Values: t.IngressNamespaces,
		}},
	}}}
}

// internet is every address except private networks (the cluster's own included), link-local addresses (where clouds serve their
// metadata) and the API servers.
func (t Tenant) internet() []networkingv1.NetworkPolicyPeer {
	four := &networkingv1.IPBlock{CIDR: "0.0.0.0/0", Except: []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
	}}
	six := &networkingv1.IPBlock{CIDR: "::/0", Except: []string{
		"::1/128", "fc00::/7", "fe80::/10", "ff00::/8",
	}}
	for _, server := range t.APIServers {
		block := four
		if prefix, err := netip.ParsePrefix(server); err == nil && prefix.Addr().Is6() {
			block = six
		}
		block.Except = append(block.Except, server)
	}
	return []networkingv1.NetworkPolicyPeer{{IPBlock: four}, {IPBlock: six}}
}
