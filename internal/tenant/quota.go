package tenant

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// QuotaName is the name of the ResourceQuota in every store's namespace.
const QuotaName = "plan"

func (t Tenant) quota() *corev1.ResourceQuota {
	count := func(n int64) resource.Quantity { return *resource.NewQuantity(n, resource.DecimalSI) }
	return &corev1.ResourceQuota{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
		ObjectMeta: t.meta(QuotaName),
		Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{
			corev1.ResourceRequestsCPU:            t.Total.CPURequest,
			corev1.ResourceRequestsMemory:         t.Total.MemoryRequest,
			corev1.ResourceLimitsCPU:              t.Total.CPULimit,
			corev1.ResourceLimitsMemory:           t.Total.MemoryLimit,
			corev1.ResourceRequestsStorage:        t.Total.Storage,
			corev1.ResourcePersistentVolumeClaims: count(t.Total.Claims),
			corev1.ResourcePods:                   count(t.Total.Pods),
			corev1.ResourceServices:               count(6),
			corev1.ResourceServicesNodePorts:      count(0),
			corev1.ResourceServicesLoadBalancers:  count(0),
		}},
	}
}

// limits sets the resources of containers that request none, and the maximum to the plan's largest container. Kubernetes refuses
// defaults above the maximum.
func (t Tenant) limits() *corev1.LimitRange {
	upTo := func(largest resource.Quantity, usual string) resource.Quantity {
		if quantity := resource.MustParse(usual); quantity.Cmp(largest) < 0 {
			return quantity
		}
		return largest
	}
	return &corev1.LimitRange{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "LimitRange"},
		ObjectMeta: t.meta("containers"),
		Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
			Type: corev1.LimitTypeContainer,
			DefaultRequest: corev1.ResourceList{
				corev1.ResourceCPU: upTo(t.Total.LargestCPU, "20m"), corev1.ResourceMemory: upTo(t.Total.LargestMemory, "32Mi"),
			},
			Default: corev1.ResourceList{
				corev1.ResourceCPU: upTo(t.Total.LargestCPU, "500m"), corev1.ResourceMemory: upTo(t.Total.LargestMemory, "96Mi"),
			},
			Max: corev1.ResourceList{
				corev1.ResourceCPU: t.Total.LargestCPU, corev1.ResourceMemory: t.Total.LargestMemory,
			},
		}}},
	}
}
