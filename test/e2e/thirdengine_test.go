package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
	controller "shopflow.dev/shopflow/internal/controller/store"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/engine/all"
	"shopflow.dev/shopflow/internal/helmrelease"
	"shopflow.dev/shopflow/internal/shopper"
	"shopflow.dev/shopflow/test/thirdengine"
)

const posterImage = "localhost/shopflow/poster:test"

// TestThirdEngine runs a store of an engine that the program does not have: its image on the node, and a controller in this
// process that is told of the engine. Nothing else knows it.
func TestThirdEngine(t *testing.T) {
	p := connect(t)
	p.loadPoster(t)
	p.pauseController(t)
	p.controlWith(t, append(all.Engines(), thirdengine.Engine()), func(software catalog.Catalog) {
		software.Engines[thirdengine.Engine().Name] = catalog.Single(thirdengine.Engine().Version, map[string]string{"shop": posterImage})
	})
	t.Cleanup(func() { p.remove(t, "third") })
	store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: thirdengine.Engine().Name, DisplayName: "Fern & Flint"}}
	store.Name = "third"
	if err := p.kube.Create(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	ready := p.waitState(t, store.Name, v1alpha1.StateReady, time.Minute)
	if ready.Status.Receipt == nil || ready.Status.URL != p.url(store.Name) {
		t.Errorf("status %+v", ready.Status)
	}
	visitor := &browser{http: p.http, base: p.url(store.Name), header: http.Header{}}
	type withID struct{ ID, Number string }
	cart, err := ask[withID](t.Context(), visitor, http.MethodPost, "/carts", map[string]any{"email": "robin@example.com", "quantity": 1})
	if err != nil {
		t.Fatal(err)
	}
	if placed, err := ask[withID](t.Context(), visitor, http.MethodPost, "/carts/"+cart.ID+"/order", nil); err != nil || placed.Number == "" {
		t.Errorf("a customer's order is %+v (%v)", placed, err)
	}
}

// loadPoster builds the image as all images are built, and loads it into the node.
func (p *platform) loadPoster(t *testing.T) {
	t.Helper()
	programs, err := os.ReadFile(filepath.Join(p.dir, "node-programs"))
	if err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(t.TempDir(), "poster.tar")
	run := func(name string, args ...string) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		if output, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, output)
		}
	}
	run("../../images/build.sh", "../test/thirdengine/image", archive, posterImage)
	run(filepath.Join(string(programs), "localkube"), "load", "--name", os.Getenv("SHOPFLOW_INSTANCE"), "--dir", p.dir, archive)
}

// pauseController stops the platform's own controller until the test ends.
func (p *platform) pauseController(t *testing.T) {
	t.Helper()
	scale := func(ctx context.Context, replicas int32) error {
		deployment := &appsv1.Deployment{}
		deployment.Namespace, deployment.Name = "shopflow-system", "shopflow-controller"
		patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas))
		if err := p.kube.Patch(ctx, deployment, patch); err != nil {
			return err
		}
		return poll(ctx, fmt.Sprintf("%d controllers run", replicas), func(ctx context.Context) error {
			var pods corev1.PodList
			err := p.kube.List(ctx, &pods, client.InNamespace(deployment.Namespace), client.MatchingLabels{"app.kubernetes.io/component": "controller"})
			if err != nil {
				return err
			}
			if len(pods.Items) != int(replicas) {
				return fmt.Errorf("there are %d", len(pods.Items))
			}
			return nil
		})
	}
	within := func(ctx context.Context, replicas int32) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		if err := scale(ctx, replicas); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { within(context.WithoutCancel(t.Context()), 1) })
	within(t.Context(), 0)
}

// controlWith runs a controller in this process that knows these engines and brings the platform's software with a change, until the test
// ends.
func (p *platform) controlWith(t *testing.T, engines []engine.Engine, change func(catalog.Catalog)) {
	t.Helper()
	charts, err := controller.Charts(engines)
	if err != nil {
		t.Fatal(err)
	}
	// With the platform's own controller's rights, as the policy that protects data has no other name on its list.
	access := rest.CopyConfig(p.config)
	access.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:shopflow-system:shopflow-controller",
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:shopflow-system", "system:authenticated"},
	}
	helm, err := helmrelease.New(access)
	if err != nil {
		t.Fatal(err)
	}
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	cacheOptions, err := controller.CacheOptions()
	if err != nil {
		t.Fatal(err)
	}
	manager, err := ctrl.NewManager(access, ctrl.Options{
		Scheme: scheme, Cache: cacheOptions, Metrics: metricsserver.Options{BindAddress: "0"},
		Client:     client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}, &corev1.Event{}}}},
		Controller: config.Controller{SkipNameValidation: new(true)}, // There are several, one after another.
	})
	if err != nil {
		t.Fatal(err)
	}
	file, err := p.catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	software, err := catalog.Parse([]byte(file.Data["catalog.yaml"]))
	if err != nil {
		t.Fatal(err)
	}
	change(software)
	port := 0
	if _, err := fmt.Sscan(p.port, &port); err != nil {
		t.Fatal(err)
	}
	err = controller.New(controller.Deps{
		Client: manager.GetClient(), Live: manager.GetAPIReader(), Helm: helm, Events: manager.GetEventRecorder("shopflow-controller"),
		Shopper: shopper.New(clock.RealClock{}), Clock: clock.RealClock{}, Random: rand.Reader, Charts: charts,
		ServerAccount:     types.NamespacedName{Namespace: "shopflow-system", Name: "shopflow-server"},
		IngressNamespaces: []string{"shopflow-system"},
		Engines: engine.Engines{
			Known: engines, Catalog: software,
			Settings: engine.Settings{Domain: "shopflow.localhost", Scheme: "http", Port: port, IngressClass: "shopflow", StorageClass: "standard"},
		},
	}).SetupWithManager(manager)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
