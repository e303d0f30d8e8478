// Package servertest serves the real handlers, for tests, on a Kubernetes API that is held in memory: controller-runtime's
// fake client. It checks no CRD rules and runs no controller; what those do is tested on a real API server.
package servertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/audit/audittest"
	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/feed"
	"shopflow.dev/shopflow/internal/observe"
	"shopflow.dev/shopflow/internal/server"
	"shopflow.dev/shopflow/internal/stores"
)

// Token is the administrator token of every platform here.
const Token = "token-for-tests-0123456789"

// Catalog is that of every platform here: Medusa is there, and WooCommerce is not.
func Catalog() catalog.Catalog {
	return catalog.Catalog{Engines: map[v1alpha1.Engine]catalog.Offer{
		"medusa":      catalog.Single("2.21.2", nil),
		"woocommerce": {Unavailable: "its archive is missing: put it into .shopflow/sources"},
	}}
}

// Engines are those that every platform here knows.
func Engines() []stores.EngineInfo {
	return []stores.EngineInfo{
		{
			Name: "medusa", Title: "Medusa", Description: "A modern shop.",
			Components: []stores.Titled{{Name: "server", Title: "Server"}, {Name: "database", Title: "Database"}},
			Keys:       []stores.Titled{{Name: v1alpha1.KeyPublishableKey, Title: "Publishable key"}},
		},
		{
			Name: "woocommerce", Title: "WooCommerce", Description: "WordPress with a shop.",
			Components: []stores.Titled{{Name: "web", Title: "Web"}, {Name: "database", Title: "Database"}},
		},
	}
}

// Options says what a platform begins with.
type Options struct {
	Objects   []client.Object
	Funcs     interceptor.Funcs // come before the objects, to return errors
	NotSynced bool              // the stores have not been read yet
	NoSignUp  bool              // only administrators create accounts
	Providers []auth.ProviderConfig
	Limits    server.Limits  // none unless given, since the clock stands still
	Proxies   []netip.Prefix // in front of the gateway
	RealTime  bool           // the accounts' clock runs, as an identity provider's does
	Address   string         // to listen on; a free one unless given
	Heartbeat time.Duration
	// Reauthorize is how often a stream's reader is authorized again, Stopping what ends logs that are followed.
	Reauthorize time.Duration
	Stopping    <-chan struct{}
	// OpenLog and Measure stand for the kubelet and for metrics-server, which are not there unless given.
	OpenLog   func(ctx context.Context, namespace, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error)
	Measure   func(ctx context.Context, path string) ([]byte, error)
	Configure func(*httptest.Server) // before it starts
}

// Platform is a served API.
type Platform struct {
	URL     string
	Objects client.WithWatch // without Options.Funcs
	Watcher *feed.Watcher
	Log     *Log

	Accounts *auth.Service
	Audit    *audittest.Memory
}

// Now is the time at which the server thinks it is.
func Now() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// New serves a platform until the test ends.
func New(t testing.TB, options Options) *Platform {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	objects := newObjects(t, options.Objects)
	watcher := feed.NewWatcher()
	follow(ctx, t, objects, watcher)
	authenticator, err := server.NewAuthenticator(Token)
	if err != nil {
		t.Fatal(err)
	}
	served := httptest.NewUnstartedServer(nil)
	if options.Address != "" {
		listen(t, served, options.Address)
	}
	people := newAccounts(t, options, "http://"+served.Listener.Addr().String())
	acts := &audittest.Memory{}
	log := &Log{}
	asked := interceptor.NewClient(objects, options.Funcs)
	service := stores.New(asked, platform())
	handler, err := server.New(server.Deps{
		Stores:        service,
		Observer:      observe.New(service, asked, clusterOf(options)),
		Feed:          watcher,
		Synced:        func() bool { return !options.NotSynced },
		Authenticator: authenticator,
		Accounts:      people.service,
		Providers:     people.providers,
		Audit:         acts,
		Sealer:        people.sealer,
		Limits:        options.Limits,
		Proxies:       options.Proxies,
		Heartbeat:     options.Heartbeat,
		Reauthorize:   options.Reauthorize,
		Stopping:      options.Stopping,
		Clock:         stopped{},
		Log:           slog.New(slog.NewJSONHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	served.Config.Handler = handler
	if options.Configure != nil {
		options.Configure(served)
	}
	served.Start()
	t.Cleanup(func() {
		watcher.Close()
		served.Close()
		cancel()
	})
	return &Platform{URL: served.URL, Objects: objects, Watcher: watcher, Log: log, Accounts: people.service, Audit: acts}
}

// platform returns what the use cases have beside objects.
func platform() stores.Platform {
	return stores.Platform{
		Engines: Engines(), Catalog: Catalog(), StoreURL: func(name string) string { return "http://" + name + ".example" }, Clock: stopped{},
		Plans: []stores.Plan{{Name: "small", Description: "For tests", Sizes: []stores.PlanSize{{Engine: "medusa", CPU: 1000, Memory: 1 << 30, Storage: 1 << 30}}}},
	}
}

// clusterOf returns what the observer has beside objects.
func clusterOf(options Options) observe.Cluster {
	cluster := observe.Cluster{Namespace: "platform", Clock: stopped{}, OpenLog: options.OpenLog, Measure: options.Measure}
	if cluster.OpenLog == nil {
		cluster.OpenLog = func(context.Context, string, string, *corev1.PodLogOptions) (io.ReadCloser, error) {
			return nil, errors.New("there is no kubelet")
		}
	}
	if cluster.Measure == nil {
		cluster.Measure = func(context.Context, string) ([]byte, error) { return nil, errors.New("there is no metrics-server") }
	}
	return cluster
}

// newObjects returns a Kubernetes API in memory that, like the real one, gives every object a UID and a time.
func newObjects(t testing.TB, objects []client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, corev1.AddToScheme, coordinationv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	made := 0
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(&v1alpha1.Store{}).
		WithInterceptorFuncs(interceptor.Funcs{
			Create: func(ctx context.Context, objects client.WithWatch, object client.Object, options ...client.CreateOption) error {
				mu.Lock()
				made++
				object.SetUID(types.UID(fmt.Sprintf("uid-%d", made)))
				mu.Unlock()
				object.SetCreationTimestamp(metav1.NewTime(Now()))
				return objects.Create(ctx, object, options...)
			},
		}).Build()
}

// follow does what an informer does: it tells the watcher of the stores there are and of every change.
func follow(ctx context.Context, t testing.TB, objects client.WithWatch, watcher *feed.Watcher) {
	t.Helper()
	changes, err := objects.Watch(ctx, &v1alpha1.StoreList{})
	if err != nil {
		t.Fatal(err)
	}
	var list v1alpha1.StoreList
	if err := objects.List(ctx, &list); err != nil {
		t.Fatal(err)
	}
	for i := range list.Items {
		watcher.OnAdd(&list.Items[i], true)
	}
	go func() {
		defer changes.Stop()
		for {
			select {
			case change := <-changes.ResultChan():
				if change.Type == watch.Deleted {
					watcher.OnDelete(change.Object)
				} else {
					watcher.OnUpdate(nil, change.Object)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
}

// SetStatus changes the status of a store, as the controller would.
func (p *Platform) SetStatus(ctx context.Context, name string, change func(*v1alpha1.StoreStatus)) error {
	var store v1alpha1.Store
	if err := p.Objects.Get(ctx, client.ObjectKey{Name: name}, &store); err != nil {
		return fmt.Errorf("get store %s: %w", name, err)
	}
	change(&store.Status)
	if err := p.Objects.Status().Update(ctx, &store); err != nil {
		return fmt.Errorf("update the status of store %s: %w", name, err)
	}
	return nil
}

// Log is what the server has logged.
type Log struct {
	mu      sync.Mutex
	content bytes.Buffer
}

// Write is called by the logger.
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content.Write(line)
}

// String returns all of it.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content.String()
}

// stopped is a clock that stands still.
type stopped struct{ clock.RealClock }

// Now returns Now.
func (stopped) Now() time.Time { return Now() }

// Since returns the time since t.
func (stopped) Since(t time.Time) time.Duration { return Now().Sub(t) }
