package stores_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/problem"
	"shopflow.dev/shopflow/internal/stores"
)

func objects(t *testing.T, funcs interceptor.Funcs, existing ...client.Object) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, corev1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(existing...).WithInterceptorFuncs(funcs).Build()
}

func newService(t *testing.T, funcs interceptor.Funcs, existing ...client.Object) *stores.Service {
	t.Helper()
	return stores.New(objects(t, funcs, existing...), stores.Platform{Engines: known(), Catalog: engines(), Clock: clock.RealClock{}})
}

// known are the engines that the program has.
func known() []stores.EngineInfo {
	return []stores.EngineInfo{{Name: "medusa", Title: "Medusa"}, {Name: "woocommerce", Title: "WooCommerce"}}
}

// engines is a platform that has Medusa only.
func engines() catalog.Catalog {
	return catalog.Catalog{Engines: map[v1alpha1.Engine]catalog.Offer{
		"medusa":      catalog.Single("2.21.2", nil),
		"woocommerce": {Unavailable: "its archive is missing"},
	}}
}

func TestEngineThatIsNotAvailable(t *testing.T) {
	service := newService(t, interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			t.Error("sent")
			return nil
		},
	})
	for want, request := range map[string]stores.Request{
		"Engine woocommerce is not available on this platform: its archive is missing": {Name: "demo", Engine: "woocommerce"},
		"Version 1.0.0 of engine medusa is not available on this platform, 2.21.2 is":  {Name: "demo", Engine: "medusa", Version: "1.0.0"},
	} {
		if _, _, err := service.Create(t.Context(), stores.Viewer{All: true}, request); !problem.IsKind(err, problem.EngineUnavailable) || err.Error() != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	want := []stores.Engine{
		{EngineInfo: known()[0], Version: "2.21.2", Available: true},
		{EngineInfo: known()[1], Reason: "its archive is missing"},
	}
	if diff := cmp.Diff(want, service.Engines(stores.Viewer{All: true})); diff != "" {
		t.Errorf("engines (-want +got):\n%s", diff)
	}
	told := "Engine woocommerce is not available on this platform; its administrators have not set it up"
	if _, _, err := service.Create(t.Context(), stores.Viewer{Owner: "7"}, stores.Request{Name: "demo", Engine: "woocommerce"}); err == nil || err.Error() != told {
		t.Errorf("a merchant is told %v, want %q", err, told)
	}
	if got := service.Engines(stores.Viewer{Owner: "7"})[1].Reason; got != "Its administrators have not set it up" {
		t.Errorf("a merchant sees the reason %q", got)
	}
	none := stores.New(objects(t, interceptor.Funcs{}), stores.Platform{}).Engines(stores.Viewer{})
	for _, engine := range none {
		if engine.Available || engine.Reason != "This platform was set up without it" {
			t.Errorf("without a catalog there is %+v", engine)
		}
	}
}

// TestCreateAgainWithoutTheEngine creates again stores that were created when the platform had their engine or version.
func TestCreateAgainWithoutTheEngine(t *testing.T) {
	service := newService(t, interceptor.Funcs{},
		&v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "woo", UID: "1"}, Spec: v1alpha1.StoreSpec{Engine: "woocommerce", Plan: v1alpha1.PlanSmall, Owner: "admin"}},
		&v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "old", UID: "2"}, Spec: v1alpha1.StoreSpec{Engine: "medusa", Version: "2.20.0", Plan: v1alpha1.PlanSmall, Owner: "admin"}},
	)
	for name, test := range map[string]struct {
		request stores.Request
		want    problem.Kind
	}{
		"Same":       {stores.Request{Name: "woo", Engine: "woocommerce", Owner: "admin"}, 0},
		"OldVersion": {stores.Request{Name: "old", Engine: "medusa", Version: "2.20.0", Owner: "admin"}, 0},
		"Other":      {stores.Request{Name: "woo", Engine: "woocommerce", Plan: v1alpha1.PlanLarge, Owner: "admin"}, problem.StoreConflict},
		"New":        {stores.Request{Name: "new", Engine: "woocommerce", Owner: "admin"}, problem.EngineUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			store, created, err := service.Create(t.Context(), stores.Viewer{All: true}, test.request)
			if created || test.want == 0 && (err != nil || store.Name != test.request.Name) || test.want != 0 && !problem.IsKind(err, test.want) {
				t.Errorf("got created %t, %v", created, err)
			}
		})
	}
}

func request(name string) stores.Request {
	return stores.Request{Name: name, Engine: "medusa", Owner: "admin"}
}

func TestCreateIsIdempotent(t *testing.T) {
	service := newService(t, interceptor.Funcs{})
	first, created, err := service.Create(t.Context(), stores.Viewer{All: true}, request("demo"))
	if err != nil || !created {
		t.Fatalf("got created %t, %v", created, err)
	}
	again, created, err := service.Create(t.Context(), stores.Viewer{All: true}, request("demo"))
	if err != nil || created || again.ResourceVersion != first.ResourceVersion {
		t.Errorf("again: created %t, %v, version %s after %s", created, err, again.ResourceVersion, first.ResourceVersion)
	}
	other := request("demo")
	other.Plan = v1alpha1.PlanLarge
	if _, _, err := service.Create(t.Context(), stores.Viewer{All: true}, other); !problem.IsKind(err, problem.StoreConflict) {
		t.Errorf("with different settings: got %v, want a conflict", err)
	}
}

// TestCreateWhileTheNameGetsFree lets the store vanish between being refused and being looked at.
func TestCreateWhileTheNameGetsFree(t *testing.T) {
	taken := apierrors.NewAlreadyExists(schema.GroupResource{Resource: "stores"}, "demo")
	for name, test := range map[string]struct {
		refusals int
		want     problem.Kind // 0: created
	}{
		"Once":   {1, 0},
		"Always": {100, problem.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			refused := 0
			service := newService(t, interceptor.Funcs{
				Create: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
					if refused++; refused <= test.refusals {
						return taken
					}
					return c.Create(ctx, object, options...)
				},
			})
			_, created, err := service.Create(t.Context(), stores.Viewer{All: true}, request("demo"))
			if test.want == 0 && (err != nil || !created) || test.want != 0 && !problem.IsKind(err, test.want) {
				t.Errorf("got created %t, %v", created, err)
			}
			if refused > 5 {
				t.Errorf("tried %d times", refused)
			}
		})
	}
}

func TestBadInputIsNotSent(t *testing.T) {
	service := newService(t, interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			t.Error("sent")
			return nil
		},
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			t.Error("asked")
			return nil
		},
	})
	for _, name := range []string{"", "..", "a/b", "A", "www"} {
		if _, _, err := service.Create(t.Context(), stores.Viewer{All: true}, request(name)); !problem.IsKind(err, problem.Invalid) {
			t.Errorf("create %q: got %v", name, err)
		}
		if _, err := service.Get(t.Context(), stores.Viewer{All: true}, name); !problem.IsKind(err, problem.StoreNotFound) {
			t.Errorf("get %q: got %v", name, err)
		}
	}
}

func TestDelete(t *testing.T) {
	held := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "held", UID: "1", Finalizers: []string{"shopflow.dev/store"}}}
	free := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "free", UID: "2"}}
	deletes := 0
	service := newService(t, interceptor.Funcs{
		Delete: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.DeleteOption) error {
			deletes++
			var given client.DeleteOptions
			given.ApplyOptions(options)
			if given.Preconditions == nil || given.Preconditions.UID == nil || *given.Preconditions.UID != object.GetUID() {
				t.Errorf("deletes %s whatever its UID", object.GetName())
			}
			return c.Delete(ctx, object)
		},
	}, held, free)
	for _, name := range []string{"held", "held", "free"} {
		store, err := service.Delete(t.Context(), stores.Viewer{All: true}, name)
		if err != nil {
			t.Fatal(err)
		}
		if store.State() != v1alpha1.StateDeleting {
			t.Errorf("%s is %s", name, store.State())
		}
	}
	if deletes != 2 {
		t.Errorf("deleted %d times, want 2: once for each store", deletes)
	}
	if _, err := service.Delete(t.Context(), stores.Viewer{All: true}, "free"); !problem.IsKind(err, problem.StoreNotFound) {
		t.Errorf("again: got %v", err)
	}
}

func TestKubernetesErrors(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		kind problem.Kind // 0: not for people
	}{
		"Unavailable": {apierrors.NewServiceUnavailable("x"), problem.Unavailable},
		"TooMany":     {apierrors.NewTooManyRequests("x", 1), problem.Unavailable},
		"Timeout":     {context.DeadlineExceeded, problem.Unavailable},
		"Forbidden":   {apierrors.NewForbidden(schema.GroupResource{Resource: "stores"}, "x", errors.New("no")), 0},
		"Other":       {errors.New("x"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			service := newService(t, interceptor.Funcs{
				Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
					return test.err
				},
			})
			_, err := service.Get(t.Context(), stores.Viewer{All: true}, "demo")
			if !errors.Is(err, test.err) {
				t.Errorf("got %v, which is not %v", err, test.err)
			}
			var known *problem.Error
			if errors.As(err, &known) != (test.kind != 0) || known != nil && known.Kind != test.kind {
				t.Errorf("got %#v, want kind %d", err, test.kind)
			}
		})
	}
}

// TestRefusalsOfTheAPIServer has texts as a real API server (1.37) writes them.
func TestRefusalsOfTheAPIServer(t *testing.T) {
	status := apierrors.NewInvalid(schema.GroupKind{Group: v1alpha1.GroupName, Kind: "Store"}, "demo", nil)
	status.ErrStatus.Details.Causes = []metav1.StatusCause{
		{Field: "spec.displayName", Message: `Invalid value: "a \"b\": c": displayName must not contain control characters`},
		{Field: "spec.engine", Message: `Unsupported value: "x": supported values: "woocommerce", "medusa"`},
		{Field: "<nil>", Message: `Invalid value: name is reserved; choose another`},
		{Field: "<nil>", Message: `Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation`},
		{Field: "metadata.name", Message: `Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters`},
	}
	service := newService(t, interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return status },
	})
	_, _, err := service.Create(t.Context(), stores.Viewer{All: true}, request("demo"))
	var refusal *problem.Error
	if !errors.As(err, &refusal) || refusal.Kind != problem.Invalid {
		t.Fatalf("got %v", err)
	}
	want := problem.Fields{
		{Name: "displayName", Message: "displayName must not contain control characters"},
		{Name: "engine", Message: `supported values: "woocommerce", "medusa"`},
		{Name: "name", Message: "name is reserved; choose another"},
		{Name: "name", Message: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters"},
	}
	if diff := cmp.Diff(want, refusal.Fields); diff != "" {
		t.Errorf("fields differ (-want +got):\n%s", diff)
	}
}
