package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// publisher tells of each Ingress what became of it: its status names the addresses of the gateway once one of its hosts
// is routed, and its events say what is not served. Gateways need no leader for that: all of them come to the same result,
// and the last one finds nothing to write.
type publisher struct {
	objects client.Client
	events  events.EventRecorder
	routing func(types.NamespacedName) (routing, bool)
	queue   workqueue.TypedRateLimitingInterface[types.NamespacedName]
	log     *slog.Logger
	// announced are the problems that events have told of.
	announced map[types.NamespacedName][]problem
}

func newPublisher(objects client.Client, recorder events.EventRecorder, log *slog.Logger) *publisher {
	return &publisher{
		objects: objects, events: recorder, log: log, announced: map[types.NamespacedName][]problem{},
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
			p.log.Warn("cannot publish; retrying", "ingress", key.String(), "error", err)
			p.queue.AddRateLimited(key)
		}
		p.queue.Done(key)
	}
}

// publish brings the status and the events of an Ingress up to date.
func (p *publisher) publish(ctx context.Context, key types.NamespacedName) error {
	routing, ok := p.routing(key)
	if !ok {
		delete(p.announced, key)
		return nil
	}
	p.announce(key, routing)
	if len(routing.hosts) > 0 && len(routing.addresses) == 0 {
		return nil // The gateway's Service is not known yet.
	}
	if slices.EqualFunc(routing.addresses, routing.ingress.Status.LoadBalancer.Ingress, sameAddress) {
		return nil
	}
	patch, err := json.Marshal(map[string]any{"status": map[string]any{"loadBalancer": map[string]any{"ingress": routing.addresses}}})
	if err != nil {
		return fmt.Errorf("write status: %w", err)
	}
	target := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	err = p.objects.Status().Patch(ctx, target, client.RawPatch(types.MergePatchType, patch))
	if client.IgnoreNotFound(err) != nil && !apierrors.IsConflict(err) {
		return fmt.Errorf("write status: %w", err)
	}
	if err == nil {
		p.log.Info("routing", "ingress", key.String(), "hosts", routing.hosts)
	}
	return nil
}

// announce emits an event for each problem that is new.
func (p *publisher) announce(key types.NamespacedName, routing routing) {
	before := p.announced[key]
	for _, problem := range routing.problems {
		if !slices.Contains(before, problem) {
			p.events.Eventf(routing.ingress, nil, corev1.EventTypeWarning, problem.reason, "Route", "%s", problem.message)
		}
	}
	if len(routing.problems) == 0 {
		delete(p.announced, key)
		return
	}
	p.announced[key] = routing.problems
}

// serviceAddresses returns where a Service is reached, as the status of an Ingress names it: by its load balancer, by its
// external addresses, or else from within the cluster.
func serviceAddresses(service *corev1.Service) []networkingv1.IngressLoadBalancerIngress {
	var addresses []networkingv1.IngressLoadBalancerIngress
	for _, entry := range service.Status.LoadBalancer.Ingress {
		addresses = append(addresses, networkingv1.IngressLoadBalancerIngress{IP: entry.IP, Hostname: entry.Hostname})
	}
	for _, address := range service.Spec.ExternalIPs {
		addresses = append(addresses, networkingv1.IngressLoadBalancerIngress{IP: address})
	}
	if len(addresses) > 0 {
		return addresses
	}
	for _, address := range service.Spec.ClusterIPs {
		if address != corev1.ClusterIPNone {
			addresses = append(addresses, networkingv1.IngressLoadBalancerIngress{IP: address})
		}
	}
	return addresses
}

func sameAddress(a, b networkingv1.IngressLoadBalancerIngress) bool {
	return a.IP == b.IP && a.Hostname == b.Hostname
}
