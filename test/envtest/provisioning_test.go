package envtest

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
	controller "shopflow.dev/shopflow/internal/controller/store"
	"shopflow.dev/shopflow/internal/shopper"
	"shopflow.dev/shopflow/internal/tenant"
)

func TestStoreBecomesReadyWithAReceipt(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		p.create(t, "demo")
		store := p.await(t, "demo", v1alpha1.Released, metav1.ConditionTrue)
		if len(p.buyer.sales()) != 0 || store.State() != v1alpha1.StateProvisioning {
			t.Errorf("before its pods run the store is %s and was bought in %d times", store.State(), len(p.buyer.sales()))
		}
		p.node.on.Store(true)
		store = p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)

		if store.State() != v1alpha1.StateReady || store.Status.URL != "http://demo.shopflow.localhost:8080" ||
			!strings.HasPrefix(store.Status.AdminURL, "http://demo.shopflow.localhost:8080/") {
			t.Errorf("status %+v", store.Status)
		}
		if r := store.Status.Receipt; r == nil || r.OrderNumber != "1" || r.Milliseconds != 1500 || len(r.Steps) != 1 || r.Digest == "" {
			t.Errorf("receipt %+v", r)
		}
		for i, phase := range v1alpha1.Phases() {
			entry := store.Status.Timeline[i]
			if entry.Phase != phase || entry.EndedAt == nil || entry.EndedAt.Before(&entry.StartedAt) {
				t.Errorf("timeline entry %d is %+v, want %s with an end", i, entry, phase)
			}
			if c := store.Status.Conditions[i]; c.Type != phase || c.ObservedGeneration != store.Generation {
				t.Errorf("condition %d is %+v, want %s", i, c, phase)
			}
		}
		for _, entry := range store.Status.Timeline {
			t.Logf("%-16s from %6.0f ms, %6.0f ms", entry.Phase, sinceCreation(store, entry.StartedAt.Time), milliseconds(entry.EndedAt.Sub(entry.StartedAt.Time)))
		}
		checkTarget(t, p, store)
		checkGuardrails(t, p, store)
	})
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func sinceCreation(store *v1alpha1.Store, moment time.Time) float64 {
	return milliseconds(moment.Sub(store.Status.Timeline[0].StartedAt.Time))
}

// checkTarget makes sure that the shopper went through the gateway with the store's own credentials.
func checkTarget(t *testing.T, p *platform, store *v1alpha1.Store) {
	t.Helper()
	var secret corev1.Secret
	key := client.ObjectKey{Namespace: store.Status.Namespace, Name: v1alpha1.CredentialsSecret}
	if err := p.Get(t.Context(), key, &secret); err != nil {
		t.Fatal(err)
	}
	sales := p.buyer.sales()
	credentials := map[string]string{}
	for key, value := range secret.Data {
		credentials[key] = string(value)
	}
	if len(sales) != 1 || sales[0].NewShop == nil {
		t.Fatalf("%d sales were made, or without a way to buy", len(sales))
	}
	sales[0].NewShop = nil // Functions cannot be compared.
	want := shopper.Target{BaseURL: store.Status.URL, DialAddress: "gateway.test:80", Credentials: credentials}
	if !reflect.DeepEqual(sales[0], want) || credentials["admin-email"] != "owner@demo.shopflow.localhost" {
		t.Error("the sale was made with the wrong target")
	}
	if secret.Immutable == nil || !*secret.Immutable {
		t.Error("the credentials can be overwritten")
	}
}

// checkGuardrails makes sure that every object of a store has its labels and is bounded.
func checkGuardrails(t *testing.T, p *platform, store *v1alpha1.Store) {
	t.Helper()
	var namespace corev1.Namespace
	if err := p.Get(t.Context(), client.ObjectKey{Name: store.Status.Namespace}, &namespace); err != nil {
		t.Fatal(err)
	}
	if namespace.Labels["pod-security.kubernetes.io/enforce"] != "restricted" || strings.Contains(namespace.Name, store.Name) {
		t.Errorf("namespace %s has labels %v", namespace.Name, namespace.Labels)
	}
	var pods corev1.PodList
	if err := p.List(t.Context(), &pods, client.InNamespace(namespace.Name)); err != nil {
		t.Fatal(err)
	}
	components := map[string]bool{}
	for _, pod := range pods.Items {
		components[pod.Labels["app.kubernetes.io/component"]] = true
	}
	for _, container := range p.recipe(t, store).Size.Containers {
		if !components[container.Component] {
			t.Errorf("no pod of %s runs, only of %v", container.Component, components)
		}
	}
	for _, pod := range pods.Items {
		for _, volume := range pod.Spec.Volumes {
			if volume.Projected != nil {
				t.Errorf("pod %s has a token", pod.Name)
			}
		}
		for _, container := range pod.Spec.Containers {
			if len(container.Resources.Limits) < 2 || len(container.Resources.Requests) < 2 {
				t.Errorf("container %s of %s has no limits", container.Name, pod.Name)
			}
		}
	}
	for _, list := range []client.ObjectList{
		&corev1.PodList{}, &corev1.ServiceList{}, &corev1.PersistentVolumeClaimList{}, &corev1.SecretList{},
		&networkingv1.IngressList{}, &networkingv1.NetworkPolicyList{}, &corev1.ResourceQuotaList{}, &corev1.LimitRangeList{},
	} {
		if err := p.List(t.Context(), list, client.InNamespace(namespace.Name)); err != nil {
			t.Fatal(err)
		}
		if meta.LenList(list) == 0 {
			t.Errorf("the store has no objects in its %T", list)
		}
		err := meta.EachListItem(list, func(item runtime.Object) error {
			object, err := meta.Accessor(item)
			if err == nil && object.GetLabels()[v1alpha1.LabelStore] != store.Name {
				t.Errorf("%T %s does not have the store's label", item, object.GetName())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestFailedSaleIsExplainedAndRetried(t *testing.T) {
	p := newPlatform(t, "medusa")
	p.node.on.Store(true)
	p.buyer.answer(&shopper.StepError{Step: "complete the cart", Status: 500, Answer: "out of paper", Err: errors.New("status 500")})
	p.create(t, "demo")
	// ShopFlow keeps retrying the sale, so no person is needed yet.
	p.awaitCause(t, "demo", v1alpha1.StateProvisioning, v1alpha1.ReasonSaleFailed)
	store := p.await(t, "demo", v1alpha1.Selling, metav1.ConditionFalse)
	selling := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.Selling)
	if selling.Reason != v1alpha1.ReasonSaleFailed || !strings.Contains(selling.Message, "complete the cart") || !strings.Contains(selling.Message, "500 out of paper") {
		t.Errorf("condition %+v", selling)
	}
	p.buyer.answer(nil)
	store = p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
	if store.Status.Receipt == nil || store.Status.Cause != nil {
		t.Errorf("after the recovery: %+v", store.Status)
	}
}

// TestUnavailableEngine removes one engine from the catalog and says why another is unavailable.
func TestUnavailableEngine(t *testing.T) {
	for name, test := range map[string]struct {
		catalog catalog.Catalog
		want    string
	}{
		"NotInCatalog": {catalog.Catalog{}, "woocommerce is not available on this platform; available engines: none"},
		"WithAReason": {
			catalog.Catalog{Engines: map[v1alpha1.Engine]catalog.Offer{"woocommerce": {Unavailable: "no archive: put one there"}}},
			"no archive: put one there",
		},
	} {
		t.Run(name, func(t *testing.T) {
			objects := newClient(t)
			store := &v1alpha1.Store{
				ObjectMeta: metav1.ObjectMeta{Name: "woo"}, Spec: v1alpha1.StoreSpec{Engine: "woocommerce"},
			}
			if err := objects.Create(t.Context(), store); err != nil {
				t.Fatal(err)
			}
			deps := depsFor(t, plane, &fakeBuyer{})
			deps.Engines.Catalog = test.catalog
			if _, err := controller.New(deps).Reconcile(t.Context(), store); err != nil {
				t.Fatal(err)
			}
			if err := objects.Get(t.Context(), client.ObjectKeyFromObject(store), store); err != nil {
				t.Fatal(err)
			}
			ready := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.Ready)
			if store.State() != v1alpha1.StateFailed || ready.Reason != v1alpha1.ReasonEngineUnavailable || !strings.Contains(ready.Message, test.want) {
				t.Errorf("the store is %s, condition %+v", store.State(), ready)
			}
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant.NamespaceName(store.UID)}}
			if err := objects.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace); !apierrors.IsNotFound(err) {
				t.Errorf("a namespace was created for nothing (%v)", err)
			}
			abandon(t, objects, store)
		})
	}
}

func TestTwoStoresShareNoSecret(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		seen := map[string]string{}
		for _, name := range []string{"one", "two"} {
			p.create(t, name)
			store := p.await(t, name, v1alpha1.CredentialsReady, metav1.ConditionTrue)
			var secret corev1.Secret
			if err := p.Get(t.Context(), client.ObjectKey{Namespace: store.Status.Namespace, Name: v1alpha1.CredentialsSecret}, &secret); err != nil {
				t.Fatal(err)
			}
			if len(secret.Data) < 5 {
				t.Errorf("store %s has %d secrets, want e-mail, password, its hash, the database's and the engine's own", name, len(secret.Data))
			}
			for key, value := range secret.Data {
				if other, ok := seen[string(value)]; ok {
					t.Errorf("%s of %s is the same as %s", key, name, other)
				}
				seen[string(value)] = key + " of " + name
			}
		}
	})
}
