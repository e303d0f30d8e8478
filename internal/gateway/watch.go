package gateway

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// newScheme returns a scheme with the types that the gateway reads.
func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, discoveryv1.AddToScheme, networkingv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("register types: %w", err)
		}
	}
	return scheme, nil
}

// watch returns informers that keep the router up to date once they are started, and a wait until the router knows all
// objects that there were.
func watch(ctx context.Context, config *rest.Config, scheme *runtime.Scheme, r *router) (cache.Cache, func(context.Context) error, error) {
	informers, err := cache.New(config, cache.Options{Scheme: scheme, DefaultTransform: stripUnused})
	if err != nil {
		return nil, nil, fmt.Errorf("connect to Kubernetes: %w", err)
	}
	var synced []toolscache.DoneChecker
	follow := func(example client.Object, handler toolscache.ResourceEventHandler) error {
		informer, err := informers.GetInformer(ctx, example, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("watch %T: %w", example, err)
		}
		registration, err := informer.AddEventHandler(handler)
		if err != nil {
			return fmt.Errorf("watch %T: %w", example, err)
		}
		synced = append(synced, registration.HasSyncedChecker())
		return nil
	}
	// The order spares work: an Ingress is routed when it comes, with what is known by then.
	if err := follow(&discoveryv1.EndpointSlice{}, handle(r.setSlice, r.removeSlice)); err != nil {
		return nil, nil, err
	}
	if err := follow(&corev1.Service{}, handle(r.setService, r.removeService)); err != nil {
		return nil, nil, err
	}
	if err := follow(&networkingv1.Ingress{}, handle(r.setIngress, r.removeIngress)); err != nil {
		return nil, nil, err
	}
	wait := func(ctx context.Context) error {
		for _, checker := range synced {
			select {
			case <-checker.Done():
			case <-ctx.Done():
				return fmt.Errorf("wait for %s: %w", checker.Name(), context.Cause(ctx))
			}
		}
		return nil
	}
	return informers, wait, nil
}

// handle makes an event handler of two functions.
func handle[T any](set, remove func(T)) toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) {
			if o, ok := object.(T); ok {
				set(o)
			}
		},
		UpdateFunc: func(_, object any) {
			if o, ok := object.(T); ok {
				set(o)
			}
		},
		DeleteFunc: func(object any) {
			if unseen, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
				object = unseen.Obj
			}
			if o, ok := object.(T); ok {
				remove(o)
			}
		},
	}
}

// stripUnused removes what the gateway does not read, as it holds these objects of the whole cluster in memory.
func stripUnused(object any) (any, error) {
	if o, ok := object.(metav1.Object); ok {
		o.SetManagedFields(nil)
		o.SetAnnotations(nil)
	}
	switch o := object.(type) {
	case *corev1.Service:
		o.Spec = corev1.ServiceSpec{Type: o.Spec.Type, Ports: o.Spec.Ports, ClusterIPs: o.Spec.ClusterIPs, ExternalIPs: o.Spec.ExternalIPs}
	case *discoveryv1.EndpointSlice:
		for i := range o.Endpoints {
			o.Endpoints[i] = discoveryv1.Endpoint{Addresses: o.Endpoints[i].Addresses, Conditions: o.Endpoints[i].Conditions}
		}
	}
	return object, nil
}
