package e2e

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
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
		{engine: v1alpha1.EngineMedusa, front: "server", secrets: 8, volumes: 2, firstOrder: "1"},
		{engine: v1alpha1.EngineWooCommerce, front: "web", secrets: 5, volumes: 2},
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
