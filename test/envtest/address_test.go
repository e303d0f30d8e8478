package envtest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	controller "shopflow.dev/shopflow/internal/controller/store"
	"shopflow.dev/shopflow/internal/engine/all"
	"shopflow.dev/shopflow/internal/tenant"
)

// TestPlatformThatMoves gives the platform another domain, with TLS: every store follows, and nothing that runs still knows
// the old address.
func TestPlatformThatMoves(t *testing.T) {
	for _, one := range all.Engines() {
		name := one.Name
		t.Run(string(name), func(t *testing.T) {
			objects := newClient(t)
			store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "moved-" + string(name)}, Spec: v1alpha1.StoreSpec{Engine: name}}
			if err := objects.Create(t.Context(), store); err != nil {
				t.Fatal(err)
			}
			defer abandon(t, objects, store)
			life(t, plane, new(atomic.Bool), store.Name, released(objects, store.Name))
			moved := depsFor(t, plane, &fakeBuyer{})
			moved.Engines.Settings.Domain, moved.Engines.Settings.Scheme, moved.Engines.Settings.Port = "shops.example", "https", 443
			reconciler := controller.New(moved)
			eventually(t, "the store to move", func(ctx context.Context) error {
				if err := objects.Get(ctx, client.ObjectKeyFromObject(store), store); err != nil {
					return err
				}
				if _, err := reconciler.Reconcile(ctx, store); err != nil {
					return err
				}
				return knowsOnly(ctx, objects, store, "shops.example", "shopflow.localhost")
			})
			if err := objects.Get(t.Context(), client.ObjectKeyFromObject(store), store); err != nil {
				t.Fatal(err)
			}
			if want := "https://" + store.Name + ".shops.example"; store.Status.URL != want {
				t.Errorf("the store says it is at %s, want %s", store.Status.URL, want)
			}
		})
	}
}

// knowsOnly returns an error unless the store's Ingress and its pods have the one domain in them and not the other.
func knowsOnly(ctx context.Context, objects client.Client, store *v1alpha1.Store, domain, other string) error {
	var (
		ingresses   networkingv1.IngressList
		deployments appsv1.DeploymentList
		sets        appsv1.StatefulSetList
	)
	for _, list := range []client.ObjectList{&ingresses, &deployments, &sets} {
		if err := objects.List(ctx, list, client.InNamespace(tenant.NamespaceName(store.UID))); err != nil {
			return err
		}
	}
	known := map[string]any{}
	for _, object := range ingresses.Items {
		known["Ingress "+object.Name] = object.Spec
	}
	for _, object := range deployments.Items {
		known["Deployment "+object.Name] = object.Spec
	}
	if len(known) < 2 {
		return fmt.Errorf("the store has only %v", known)
	}
	for name, spec := range known {
		if content, err := json.Marshal(spec); err != nil || !strings.Contains(string(content), domain) {
			return fmt.Errorf("%s does not know %s (%w)", name, domain, err)
		}
	}
	for _, object := range sets.Items {
		known["StatefulSet "+object.Name] = object.Spec
	}
	for name, spec := range known {
		if content, err := json.Marshal(spec); err != nil || strings.Contains(string(content), other) {
			return fmt.Errorf("%s knows %s (%w)", name, other, err)
		}
	}
	return nil
}
