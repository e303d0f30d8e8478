package envtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"shopflow.dev/shopflow/api/v1alpha1"
	controller "shopflow.dev/shopflow/internal/controller/store"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/engine/all"
	"shopflow.dev/shopflow/internal/engine/enginetest"
	"shopflow.dev/shopflow/internal/helmrelease"
	"shopflow.dev/shopflow/internal/shopper"
)

// within bounds every wait of these tests. It is generous, as machines that run tests are busy.
const within = 60 * time.Second

// newClient returns a client that asks the API server directly.
func newClient(t *testing.T) client.Client {
	t.Helper()
	return clientFor(t, plane)
}

func clientFor(t *testing.T, config *rest.Config) client.Client {
	t.Helper()
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	direct, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return direct
}

// eventually waits until check finds nothing wrong.
func eventually(t *testing.T, what string, check func(context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, within, true, func(ctx context.Context) (bool, error) {
		found := check(ctx)
		if last == nil || ctx.Err() == nil {
			last = found
		}
		return found == nil, nil
	})
	if err != nil {
		t.Fatalf("%s: %v", what, last)
	}
}

// fakeBuyer replaces the shopper, because these tests have no shop to buy in.
type fakeBuyer struct {
	mu      sync.Mutex
	err     error
	targets []shopper.Target

	checks             []shopper.Target
	checkErr, titleErr error
	title              string
	tokens             []string
}

func (f *fakeBuyer) Buy(_ context.Context, target shopper.Target) (shopper.Receipt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.targets = append(f.targets, target)
	if f.err != nil {
		return shopper.Receipt{}, f.err
	}
	return shopper.Receipt{
		OrderNumber: "1", SoldAt: time.Now(), Duration: 1500 * time.Millisecond,
		Steps: []shopper.Step{{Name: "list products", Duration: 100 * time.Millisecond}},
	}, nil
}

// Check answers like Buy, and keeps what it was asked beside the sales.
func (f *fakeBuyer) Check(_ context.Context, target shopper.Target) (shopper.Checked, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.checks = append(f.checks, target)
	return shopper.Checked{At: time.Now(), Duration: time.Second}, f.checkErr
}

// SetTitle keeps the title.
func (f *fakeBuyer) SetTitle(_ context.Context, target shopper.Target, title string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.titleErr == nil {
		f.title = title
	}
	f.tokens = target.Tokens
	return f.titleErr
}

// checked returns how many checks there were.
func (f *fakeBuyer) checked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.checks)
}

// fail lets changes of the title and checks fail from now on.
func (f *fakeBuyer) fail(title, check error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.titleErr, f.checkErr = title, check
}

func (f *fakeBuyer) answer(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fakeBuyer) sales() []shopper.Target {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]shopper.Target(nil), f.targets...)
}

// noEvents drops events.
func noEvents() events.EventRecorder { return &events.FakeRecorder{} }

// depsFor builds what a reconciler needs, everything against the given API server.
func depsFor(t *testing.T, config *rest.Config, buyer *fakeBuyer) controller.Deps {
	t.Helper()
	charts, err := controller.Charts(all.Engines())
	if err != nil {
		t.Fatal(err)
	}
	helm, err := helmrelease.New(config)
	if err != nil {
		t.Fatal(err)
	}
	direct := clientFor(t, config)
	return controller.Deps{
		Client: direct, Live: direct, Helm: helm, Events: noEvents(), Shopper: buyer,
		Clock: clock.RealClock{}, Random: rand.Reader,
		Engines: engine.Engines{
			Known: all.Engines(), Catalog: enginetest.Catalog(all.Engines()...),
			Settings: engine.Settings{
				Domain: "shopflow.localhost", Scheme: "http", Port: 8080, IngressClass: "shopflow", StorageClass: "standard",
			},
		},
		Charts:            charts,
		ServerAccount:     types.NamespacedName{Namespace: "platform", Name: "shopflow-server"},
		IngressNamespaces: []string{"platform"},
		GatewayAddress:    "gateway.test:80",
	}
}

// platform is a controller that runs as it does in production, but for its buyer. The stores on it are of one engine.
type platform struct {
	client.Client
	engine v1alpha1.Engine
	buyer  *fakeBuyer
	node   *fakeNode
}

// eachEngine runs a test for the stores of each engine.
func eachEngine(t *testing.T, test func(*testing.T, *platform)) {
	for _, one := range all.Engines() {
		t.Run(string(one.Name), func(t *testing.T) { test(t, newPlatform(t, one.Name)) })
	}
}

// newPlatform starts a controller that runs until the test ends.
func newPlatform(t *testing.T, engine v1alpha1.Engine) *platform {
	t.Helper()
	p, stop := startPlatform(t, engine, nil)
	t.Cleanup(func() {
		stop()
		p.abandon(t)
	})
	return p
}

// startPlatform starts a controller that runs until it is stopped. Its stores stay.
func startPlatform(t *testing.T, engine v1alpha1.Engine, change func(*controller.Deps)) (p *platform, stop func()) {
	t.Helper()
	p = &platform{Client: newClient(t), engine: engine, buyer: &fakeBuyer{}}
	p.node = &fakeNode{client: p.Client}
	cacheOptions, err := controller.CacheOptions()
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	manager, err := ctrl.NewManager(plane, ctrl.Options{
		Scheme: p.Scheme(), Cache: cacheOptions, Metrics: metricsserver.Options{BindAddress: "0"},
		Client:     client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}, &corev1.Event{}}}},
		Controller: config.Controller{SkipNameValidation: &yes},
	})
	if err != nil {
		t.Fatal(err)
	}
	deps := depsFor(t, plane, p.buyer)
	deps.Client, deps.Live = manager.GetClient(), manager.GetAPIReader()
	deps.Events = manager.GetEventRecorder("shopflow-controller")
	if change != nil {
		change(&deps)
	}
	if err := controller.New(deps).SetupWithManager(manager); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- manager.Start(ctx) }()
	go func() { ended <- p.node.run(ctx) }()
	return p, func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Errorf("controller or node: %v", err)
			}
		}
	}
}

// abandon deletes the stores without waiting for what they own: each store has a namespace of its own, so it does not affect the next
// test. It runs after the test's own context has ended.
func (p *platform) abandon(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	var stores v1alpha1.StoreList
	if err := p.List(ctx, &stores); err != nil {
		t.Errorf("list stores: %v", err)
	}
	for i := range stores.Items {
		store := &stores.Items[i]
		patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))
		err := errors.Join(client.IgnoreNotFound(p.Patch(ctx, store, patch)), client.IgnoreNotFound(p.Delete(ctx, store)))
		if err != nil {
			t.Errorf("abandon store %s: %v", store.Name, err)
		}
	}
}

func (p *platform) create(t *testing.T, name string) *v1alpha1.Store {
	t.Helper()
	store := &v1alpha1.Store{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.StoreSpec{Engine: p.engine, DisplayName: "A shop"},
	}
	if err := p.Create(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	return store
}

// recipe returns what the stores of this platform are made of.
func (p *platform) recipe(t *testing.T, store *v1alpha1.Store) engine.Recipe {
	t.Helper()
	recipe, err := depsFor(t, plane, p.buyer).Engines.Recipe(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	return recipe
}

// await waits until a condition of a store has a status, and returns the store.
func (p *platform) await(t *testing.T, name, condition string, status metav1.ConditionStatus) *v1alpha1.Store {
	t.Helper()
	store := &v1alpha1.Store{}
	eventually(t, fmt.Sprintf("store %s %s=%s", name, condition, status), func(ctx context.Context) error {
		if err := p.Get(ctx, client.ObjectKey{Name: name}, store); err != nil {
			return err
		}
		for _, c := range store.Status.Conditions {
			if c.Type == condition && c.Status == status {
				return nil
			}
		}
		return fmt.Errorf("%+v", store.Status.Conditions)
	})
	return store
}

// gone returns an error while an object exists.
func (p *platform) gone(ctx context.Context, object client.Object) error {
	err := p.Get(ctx, client.ObjectKeyFromObject(object), object)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return err
	default:
		return fmt.Errorf("%s still exists", object.GetName())
	}
}
