package tenant

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/internal/engine"
)

// QuotaName is the name of the ResourceQuota in every store's namespace.
const QuotaName = "plan"

func (t Tenant) quota() *corev1.ResourceQuota {
	total := t.Size.Total()
	count := func(n int64) resource.Quantity { return *resource.NewQuantity(n, resource.DecimalSI) }
	quota := &corev1.ResourceQuota{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
		ObjectMeta: t.meta(QuotaName),
		Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{
			corev1.ResourceRequestsCPU:            total.CPURequest,
			corev1.ResourceRequestsMemory:         total.MemoryRequest,
			corev1.ResourceLimitsCPU:              total.CPULimit,
			corev1.ResourceLimitsMemory:           total.MemoryLimit,
			corev1.ResourceRequestsStorage:        total.Storage,
			corev1.ResourcePersistentVolumeClaims: count(total.Claims),
			corev1.ResourcePods:                   count(total.Pods),
			corev1.ResourceServices:               count(6),
			corev1.ResourceServicesNodePorts:      count(0),
			corev1.ResourceServicesLoadBalancers:  count(0),
		}},
	}
	if t.Quota != nil {
		keepWhileUsed(quota.Spec.Hard, t.Quota, t.Size.Steady())
	}
	return quota
}

// keepWhileUsed leaves a quota larger for as long as pods of a larger plan are there. The update to a smaller one could not end
// otherwise: its new pods would be refused because of the old ones, and the old ones wait for the new.
func keepWhileUsed(hard corev1.ResourceList, now *corev1.ResourceQuota, steady engine.Total) {
	for name, enough := range map[corev1.ResourceName]resource.Quantity{
		corev1.ResourceRequestsCPU: steady.CPURequest, corev1.ResourceRequestsMemory: steady.MemoryRequest,
		corev1.ResourceLimitsCPU: steady.CPULimit, corev1.ResourceLimitsMemory: steady.MemoryLimit,
	} {
		allowed, used, wanted := now.Spec.Hard[name], now.Status.Used[name], hard[name]
		if allowed.Cmp(wanted) > 0 && used.Cmp(enough) > 0 {
			hard[name] = allowed
		}
	}
}

// limits sets the resources of containers that request none, and the maximum to the plan's largest container. Kubernetes refuses
// defaults above the maximum.
func (t Tenant) limits() *corev1.LimitRange {
	total := t.Size.Total()
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
				corev1.ResourceCPU: upTo(total.LargestCPU, "20m"), corev1.ResourceMemory: upTo(total.LargestMemory, "32Mi"),
			},
			Default: corev1.ResourceList{
				corev1.ResourceCPU: upTo(total.LargestCPU, "500m"), corev1.ResourceMemory: upTo(total.LargestMemory, "96Mi"),
			},
			Max: corev1.ResourceList{
				corev1.ResourceCPU: total.LargestCPU, corev1.ResourceMemory: total.LargestMemory,
			},
		}}},
	}
}
