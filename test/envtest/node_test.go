package envtest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// fakeNode stands in for kubelet and gateway while it is on: every pod of a store becomes ready, and every Ingress gets
// an address. What follows from that is worked out by the cluster's own controllers.
type fakeNode struct {
	client client.Client
	on     atomic.Bool
}

// run looks at all stores again and again, until ctx ends.
func (n *fakeNode) run(ctx context.Context) error {
	err := wait.PollUntilContextCancel(ctx, 25*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		if n.on.Load() {
			// An object that was changed meanwhile is met again in the next round.
			_ = errors.Join(n.startPods(ctx), n.route(ctx))
		}
		return false, nil
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (n *fakeNode) startPods(ctx context.Context) error {
	var pods corev1.PodList
	if err := n.client.List(ctx, &pods, client.HasLabels{v1alpha1.LabelStore}); err != nil {
		return err
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		if pod.Status.Phase == corev1.PodRunning {
			continue
		}
		pod.Status.Phase = corev1.PodRunning
		pod.Status.Conditions = []corev1.PodCondition{{
			Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now(),
		}}
		if err := n.client.Status().Update(ctx, pod); err != nil {
			return err
		}
	}
	return nil
}

func (n *fakeNode) route(ctx context.Context) error {
	var ingresses networkingv1.IngressList
	if err := n.client.List(ctx, &ingresses, client.HasLabels{v1alpha1.LabelStore}); err != nil {
		return err
	}
	for i := range ingresses.Items {
		ingress := &ingresses.Items[i]
		if len(ingress.Status.LoadBalancer.Ingress) > 0 {
			continue
		}
		ingress.Status.LoadBalancer.Ingress = []networkingv1.IngressLoadBalancerIngress{{Hostname: "gateway.test"}}
		if err := n.client.Status().Update(ctx, ingress); err != nil {
			return err
		}
	}
	return nil
}
