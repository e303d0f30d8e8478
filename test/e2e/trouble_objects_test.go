package e2e

import (
	"context"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// troublesOfObjects are failures of what the controller creates around the store's pods.
func troublesOfObjects() []trouble {
	pods := refused("no-pods", v1alpha1.ReasonPodsForbidden, "The cluster refuses the store's pods: ValidatingAdmissionPolicy 'injected-no-pods'", "", "pods", admissionv1.Create)
	pods.ends, pods.state = "Deployment", v1alpha1.StateFailed
	return []trouble{
		{failure: failure{
			store: "no-sale", reason: v1alpha1.ReasonSaleFailed, says: "The sale failed at step 1 of ",
			before: func(ctx context.Context, p *platform, _ string) error {
				return p.impose(ctx, policy{
					store: "no-sale", group: "networking.k8s.io", resource: "ingresses", operation: admissionv1.Create,
					change: `[JSONPatch{op: "replace", path: "/spec/rules/0/http/paths/0/path", value: "/elsewhere"}]`,
				})
			},
			cure: func(ctx context.Context, p *platform, namespace string) error {
				ingress := &networkingv1.Ingress{}
				ingress.Namespace, ingress.Name = namespace, "store"
				back := `[{"op": "replace", "path": "/spec/rules/0/http/paths/0/path", "value": "/"}]`
				return p.kube.Patch(ctx, ingress, client.RawPatch(types.JSONPatchType, []byte(back)))
			},
		}, ends: "Sale"},
		{failure: failure{
			store: "no-quota", reason: v1alpha1.ReasonQuotaExceeded, says: "The quota of the store's namespace is used up: too-small", state: v1alpha1.StateFailed,
			cause: func(ctx context.Context, p *platform, namespace string) error {
				quota := tooSmall(namespace)
				quota.Spec.Hard = corev1.ResourceList{corev1.ResourcePods: resource.MustParse("1")}
				if err := p.kube.Create(ctx, quota); err != nil {
					return err
				}
				// Pods that were created before the quota are deleted, and not all are created again.
				return p.kube.DeleteAllOf(ctx, &corev1.Pod{}, client.InNamespace(namespace))
			},
			cure: func(ctx context.Context, p *platform, namespace string) error {
				return p.kube.Delete(ctx, tooSmall(namespace))
			},
		}, ends: "Deployment"},
		pods,
		{
			failure: failure{store: "no-version", reason: v1alpha1.ReasonEngineUnavailable, says: "9.9.9 of engine medusa is not available", state: v1alpha1.StateFailed},
			version: "9.9.9", hopeless: true,
		},
		refused("no-service", v1alpha1.ReasonInstallFailed, `Helm cannot install the store: `, "", "services", admissionv1.Create),
		{failure: failure{
			store: "no-upgrade", reason: v1alpha1.ReasonUpgradeFailed, says: "Helm cannot upgrade the store: ", state: v1alpha1.StateDegraded,
			cause: failUpgrade,
			cure:  func(ctx context.Context, p *platform, _ string) error { return p.lift(ctx, "no-upgrade") },
		}},
		{failure: failure{
			store: "taken", reason: v1alpha1.ReasonNamespaceTaken, says: "exists and does not belong to this store",
			earlier: v1alpha1.ReasonApplyFailed, state: v1alpha1.StateFailed,
			before: func(ctx context.Context, p *platform, _ string) error {
				return p.impose(ctx, policy{store: "taken", resource: "namespaces", operation: admissionv1.Create})
			},
			cause: takeNamespace,
			cure:  releaseNamespace,
		}, hopeless: true},
	}
}

func tooSmall(namespace string) *corev1.ResourceQuota {
	return &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "too-small"}}
}

// refused lets the cluster refuse a kind of the store's objects, until that is lifted.
func refused(store, reason, says, group, resource string, operation admissionv1.OperationType) trouble {
	return trouble{failure: failure{
		store: store, reason: reason, says: says,
		before: func(ctx context.Context, p *platform, _ string) error {
			return p.impose(ctx, policy{store: store, group: group, resource: resource, operation: operation})
		},
		cure: func(ctx context.Context, p *platform, _ string) error { return p.lift(ctx, store) },
	}}
}

// failUpgrade changes a store that is Ready, while the cluster refuses changes of its Deployments.
func failUpgrade(ctx context.Context, p *platform, _ string) error {
	var store v1alpha1.Store
	if err := p.kube.Get(ctx, client.ObjectKey{Name: "no-upgrade"}, &store); err != nil {
		return err
	}
	if state := store.State(); state != v1alpha1.StateReady {
		return fmt.Errorf("it is %s", state)
	}
	rule := policy{store: store.Name, group: "apps", resource: "deployments", operation: admissionv1.Update}
	if err := p.impose(ctx, rule); err != nil {
		return err
	}
	title := `{"spec": {"displayName": "Another title"}}`
	return p.kube.Patch(ctx, &store, client.RawPatch(types.MergePatchType, []byte(title)))
}

// takeNamespace creates the store's namespace before the controller may. That it may not is a failure of its own, which comes first.
func takeNamespace(ctx context.Context, p *platform, namespace string) error {
	var store v1alpha1.Store
	if err := p.kube.Get(ctx, client.ObjectKey{Name: "taken"}, &store); err != nil {
		return err
	}
	if cause := store.Status.Cause; store.State() != v1alpha1.StateFailed || cause.Reason != v1alpha1.ReasonApplyFailed || !strings.Contains(cause.Message, "The cluster refuses what the store needs") {
		return fmt.Errorf("the store is %s because of %+v, want ApplyFailed", store.State(), cause)
	}
	taken := &corev1.Namespace{}
	taken.Name = namespace
	return p.kube.Create(ctx, taken)
}

// releaseNamespace checks that the namespace was not changed, and deletes it.
func releaseNamespace(ctx context.Context, p *platform, namespace string) error {
	taken := &corev1.Namespace{}
	if err := p.kube.Get(ctx, client.ObjectKey{Name: namespace}, taken); err != nil {
		return err
	}
	if _, marked := taken.Labels[v1alpha1.LabelStore]; marked || len(taken.OwnerReferences) > 0 || !taken.DeletionTimestamp.IsZero() {
		return fmt.Errorf("the controller changed a namespace of another owner: %+v", taken.ObjectMeta)
	}
	return p.kube.Delete(ctx, taken)
}
