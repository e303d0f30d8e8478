package e2e

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// kind is an engine under test and what its stores are made of.
type kind struct {
	engine v1alpha1.Engine
	// front is the component that customers talk to: a Deployment and a Service.
	front string
	// secrets is how many values the store's credentials have.
	secrets int
	// volumes is how many volumes a store has.
	volumes int
	// firstOrder is the number of the owner's first order, "" if it is that of the proof.
	firstOrder string
}

func kinds() []kind {
	return []kind{
		{engine: "medusa", front: "server", secrets: 8, volumes: 2, firstOrder: "1"},
		{engine: "woocommerce", front: "web", secrets: 5, volumes: 2},
	}
}

// eachEngine runs a test with every engine that this platform has, and skips it with the platform's reason for the others.
func eachEngine(t *testing.T, test func(t *testing.T, p *platform, k kind)) {
	t.Helper()
	p := connect(t)
	reasons := p.unavailable(t)
	for _, k := range kinds() {
		t.Run(string(k.engine), func(t *testing.T) {
			if reason, found := reasons[k.engine]; found {
				t.Skipf("engine %s is not available here: %s", k.engine, reason)
			}
			test(t, p, k)
		})
	}
}

// unavailable returns the engines that the platform does not have, and why.
func (p *platform) unavailable(t *testing.T) map[v1alpha1.Engine]string {
	t.Helper()
	engines := decode[struct {
		Items []struct {
			Name      v1alpha1.Engine
			Available bool
			Reason    string
		}
	}](t, p.must(t, "engine", "list", "-o", "json")).Items
	if len(engines) != len(kinds()) {
		t.Fatalf("the platform knows the engines %+v", engines)
	}
	reasons := map[v1alpha1.Engine]string{}
	for _, engine := range engines {
		if !engine.Available {
			reasons[engine.Name] = engine.Reason
		}
	}
	return reasons
}

// frontObjects returns, empty but for their names, what a store cannot serve without.
func (k kind) frontObjects(namespace string) []client.Object {
	objects := []client.Object{&appsv1.Deployment{}, &corev1.Service{}, &networkingv1.Ingress{}}
	for i, name := range []string{k.front, k.front, "store"} {
		objects[i].SetNamespace(namespace)
		objects[i].SetName(name)
	}
	return objects
}

// TestEngineThatIsNotAvailable asks for stores with an engine that the platform does not have, by the command line and by
// the Kubernetes API.
func TestEngineThatIsNotAvailable(t *testing.T) {
	p := connect(t)
	reasons := p.unavailable(t)
	if len(reasons) == 0 {
		t.Skip("this platform has every engine: run it without the archive of WooCommerce (docs/sources.md)")
	}
	for engine, reason := range reasons {
		t.Run(string(engine), func(t *testing.T) {
			if reason == "" {
				t.Error("the platform gives no reason")
			}
			_, stderr, code := p.shopflow(t, "store", "create", "refused", "--engine", string(engine), "--wait")
			if code != 1 || !strings.Contains(stderr, reason) {
				t.Errorf("the command line ended with %d and said %q; want 1 and %q", code, stderr, reason)
			}
			if err := p.kube.Get(t.Context(), client.ObjectKey{Name: "refused"}, &v1alpha1.Store{}); !apierrors.IsNotFound(err) {
				t.Errorf("a store was left: %v", err)
			}

			t.Cleanup(func() { p.remove(t, "applied-anyway") })
			store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: engine}}
			store.Name = "applied-anyway"
			if err := p.kube.Create(t.Context(), store); err != nil {
				t.Fatal(err)
			}
			failed := p.waitState(t, store.Name, v1alpha1.StateFailed, time.Minute)
			stalled := meta.FindStatusCondition(failed.Status.Conditions, v1alpha1.Stalled)
			if stalled.Reason != v1alpha1.ReasonEngineUnavailable || !strings.Contains(stalled.Message, reason) {
				t.Errorf("the cause is %s: %s; want %q", stalled.Reason, stalled.Message, reason)
			}
		})
	}
}

// TestUnknownEngine asks for a store of an engine that does not exist. Both refusals name the engines that do.
func TestUnknownEngine(t *testing.T) {
	p := connect(t)
	_, stderr, code := p.shopflow(t, "store", "create", "unknown", "--engine", "magento")
	if code != 1 || !strings.Contains(stderr, "choose one of medusa") {
		t.Errorf("the command line ended with %d and said %q", code, stderr)
	}
	t.Cleanup(func() { p.remove(t, "unknown") })
	store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: "magento"}}
	store.Name = "unknown"
	if err := p.kube.Create(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	failed := p.waitState(t, store.Name, v1alpha1.StateFailed, time.Minute)
	released := meta.FindStatusCondition(failed.Status.Conditions, v1alpha1.Released)
	if released.Reason != v1alpha1.ReasonEngineUnavailable || !strings.Contains(released.Message, "available engines: medusa") {
		t.Errorf("the condition is %+v", released)
	}
}
