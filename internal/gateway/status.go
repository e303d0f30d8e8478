package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// publisher writes into the status of each Ingress which of its hosts are routed. Gateways need no leader for that: all of
// them come to the same hosts, and whoever is late finds nothing to write.
type publisher struct {
	objects client.Client
	routed  func(types.NamespacedName) (*networkingv1.Ingress, []string)
	queue   workqueue.TypedRateLimitingInterface[types.NamespacedName]
	log     *slog.Logger
}

func newPublisher(objects client.Client, log *slog.Logger) *publisher {
	return &publisher{
		objects: objects, log: log,
		queue: workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[types.NamespacedName]()),
	}
}

// run publishes what is queued until the context is done.
func (p *publisher) run(ctx context.Context) {
	defer context.AfterFunc(ctx, p.queue.ShutDown)()
	for {
		key, done := p.queue.Get()
		if done {
			return
		}
		switch err := p.publish(ctx, key); {
		case err == nil:
			p.queue.Forget(key)
		case ctx.Err() == nil:
			p.log.Warn("cannot publish hosts; will try again", "ingress", key.String(), "error", err)
			p.queue.AddRateLimited(key)
		}
		p.queue.Done(key)
	}
}

// publish writes the routed hosts of an Ingress, if its status names others.
func (p *publisher) publish(ctx context.Context, key types.NamespacedName) error {
	ingress, hosts := p.routed(key)
	if ingress == nil {
		return nil
	}
	wanted := make([]networkingv1.IngressLoadBalancerIngress, len(hosts))
	for i, host := range hosts {
		wanted[i].Hostname = host
	}
	same := func(a, b networkingv1.IngressLoadBalancerIngress) bool {
		return a.Hostname == b.Hostname && a.IP == b.IP
	}
	if slices.EqualFunc(wanted, ingress.Status.LoadBalancer.Ingress, same) {
		return nil
	}
	patch, err := json.Marshal(object{"status": object{"loadBalancer": object{"ingress": wanted}}})
	if err != nil {
		return fmt.Errorf("write status: %w", err)
	}
	target := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	err = p.objects.Status().Patch(ctx, target, client.RawPatch(types.MergePatchType, patch))
	if client.IgnoreNotFound(err) != nil && !apierrors.IsConflict(err) {
		return fmt.Errorf("write status: %w", err)
	}
	if err == nil {
		p.log.Info("routing", "ingress", key.String(), "hosts", hosts)
	}
	return nil
}
