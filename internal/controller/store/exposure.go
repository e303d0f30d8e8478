package store

import (
	"context"
	"fmt"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
)

// reconcileExposure checks whether the ingress controller serves the store's Ingress: it then writes an address to the Ingress's
// status.
func (r *Reconciler) reconcileExposure(ctx context.Context, s *scope) (outcome, error) {
	var ingresses networkingv1.IngressList
	if err := r.Client.List(ctx, &ingresses, client.InNamespace(s.namespace())); err != nil {
		return outcome{}, fmt.Errorf("list ingresses: %w", err)
	}
	for i := range ingresses.Items {
		if len(ingresses.Items[i].Status.LoadBalancer.Ingress) > 0 {
			return done("Reachable at " + s.recipe.URL), nil
		}
	}
	cause := diagnose.Route(r.Engines.Settings.IngressClass, s.recipe.Host, s.falseSince(v1alpha1.Exposed), s.now)
	return diagnosed(cause).requeue(pollInterval), nil
}
