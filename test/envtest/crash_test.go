package envtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	controller "shopflow.dev/shopflow/internal/controller/store"
	"shopflow.dev/shopflow/internal/engine/all"
	"shopflow.dev/shopflow/internal/tenant"
)

// errKilled is what a process that was killed gets for every request: nothing.
var errKilled = errors.New("the process is dead")

// mortal lets a number of writes through and then nothing at all, as if the process had been killed before its next
// write. Whatever a killed process can leave behind, one of these numbers leaves behind.
type mortal struct {
	next   http.RoundTripper
	writes atomic.Int64
	limit  int64
	dead   atomic.Bool
}

func (m *mortal) RoundTrip(request *http.Request) (*http.Response, error) {
	writes := request.Method != http.MethodGet && request.Method != http.MethodHead
	if m.dead.Load() || (writes && m.writes.Add(1) > m.limit) {
		m.dead.Store(true)
		return nil, errKilled
	}
	return m.next.RoundTrip(request)
}

// mortalConfig returns a configuration whose writes are numbered, and the one that counts them.
func mortalConfig(limit int64) (*rest.Config, *mortal) {
	transport := &mortal{limit: limit}
	config := rest.CopyConfig(plane)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		transport.next = next
		return transport
	})
	return config, transport
}

// life is one process's worth of passes over a store, without a manager: no cache, no watches, just the API server. It
// ends when check is content, or when the process is dead.
func life(t *testing.T, config *rest.Config, dead *atomic.Bool, name string, check func(context.Context) error) {
	t.Helper()
	reconciler := controller.New(depsFor(t, config, &fakeBuyer{}))
	objects := newClient(t)
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, within, true, func(ctx context.Context) (bool, error) {
		if last = check(ctx); last == nil || dead.Load() {
			return true, nil
		}
		var store v1alpha1.Store
		if err := objects.Get(ctx, client.ObjectKey{Name: name}, &store); err != nil {
			return false, client.IgnoreNotFound(err)
		}
		if _, err := reconciler.Reconcile(ctx, &store); err != nil {
			last = err
		}
		return false, nil
	})
	if err != nil {
		t.Fatalf("no end in sight: %v", last)
	}
}

// released returns a check that a store's release is there.
func released(objects client.Client, name string) func(context.Context) error {
	return func(ctx context.Context) error {
		var store v1alpha1.Store
		if err := objects.Get(ctx, client.ObjectKey{Name: name}, &store); err != nil {
			return err
		}
		if !meta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.Released) {
			return fmt.Errorf("not released: %+v", store.Status.Conditions)
		}
		return nil
	}
}

// TestKilledAtEachWriteOfACreate kills the controller before its first write, its second, and so on until it needs no
// more, and lets another one take over each time.
func TestKilledAtEachWriteOfACreate(t *testing.T) {
	for _, one := range all.Engines() {
		t.Run(string(one.Name), func(t *testing.T) {
			t.Parallel()
			killAtEachWriteOfACreate(t, one.Name)
		})
	}
}

func killAtEachWriteOfACreate(t *testing.T, engine v1alpha1.Engine) {
	objects := newClient(t)
	for limit := int64(0); ; limit++ {
		name := fmt.Sprintf("killed-%s-%d", engine, limit)
		store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Engine: engine}}
		if err := objects.Create(t.Context(), store); err != nil {
			t.Fatal(err)
		}
		config, transport := mortalConfig(limit)
		life(t, config, &transport.dead, name, released(objects, name))
		left := secretUID(t, objects, store.UID)
		life(t, plane, new(atomic.Bool), name, released(objects, name))
		checkOnce(t, objects, store, left, limit)
		abandon(t, objects, store)
		if !transport.dead.Load() {
			t.Logf("a create needs %d writes", transport.writes.Load())
			return
		}
	}
}

// secretUID returns the UID of a store's credentials, empty if there are none yet.
func secretUID(t *testing.T, objects client.Client, store types.UID) types.UID {
	t.Helper()
	var secret corev1.Secret
	err := objects.Get(t.Context(), client.ObjectKey{Namespace: tenant.NamespaceName(store), Name: v1alpha1.CredentialsSecret}, &secret)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	return secret.UID
}

// checkOnce makes sure that there is one namespace, one release and one set of credentials, the first that was made.
func checkOnce(t *testing.T, objects client.Client, store *v1alpha1.Store, left types.UID, limit int64) {
	t.Helper()
	ofStore := client.MatchingLabels{v1alpha1.LabelStore: store.Name}
	var namespaces corev1.NamespaceList
	if err := objects.List(t.Context(), &namespaces, ofStore); err != nil || len(namespaces.Items) != 1 {
		t.Errorf("killed at write %d: %d namespaces (%v)", limit, len(namespaces.Items), err)
	}
	if now := secretUID(t, objects, store.UID); now == "" || (left != "" && now != left) {
		t.Errorf("killed at write %d: credentials %q became %q", limit, left, now)
	}
	var records corev1.SecretList
	if err := objects.List(t.Context(), &records, ofStore, client.MatchingLabels{"owner": "helm"}); err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, record := range records.Items {
		if record.Namespace != tenant.NamespaceName(store.UID) || record.Labels["name"] != store.Name {
			t.Errorf("killed at write %d: a release %s in %s", limit, record.Labels["name"], record.Namespace)
		}
		states[record.Labels["status"]]++
	}
	if states["deployed"] != 1 || states["pending-install"]+states["pending-upgrade"] != 0 {
		t.Errorf("killed at write %d: revisions %v, want one that is deployed and none pending", limit, states)
	}
}

// abandon takes a store away without waiting for what it owns.
func abandon(t *testing.T, objects client.Client, store *v1alpha1.Store) {
	t.Helper()
	patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))
	if err := errors.Join(objects.Patch(t.Context(), store, patch), objects.Delete(t.Context(), store)); err != nil {
		t.Fatal(err)
	}
}

// TestKilledAtEachWriteOfADelete does the same to a delete. One controller then ends all the deletes that were broken
// off, side by side, as each takes seconds.
func TestKilledAtEachWriteOfADelete(t *testing.T) {
	for _, one := range all.Engines() {
		t.Run(string(one.Name), func(t *testing.T) {
			t.Parallel()
			killAtEachWriteOfADelete(t, one.Name)
		})
	}
}

func killAtEachWriteOfADelete(t *testing.T, engine v1alpha1.Engine) {
	objects := newClient(t)
	var stores []*v1alpha1.Store
	for limit := int64(0); ; limit++ {
		store := &v1alpha1.Store{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("unmade-%s-%d", engine, limit)},
			Spec:       v1alpha1.StoreSpec{Engine: engine},
		}
		stores = append(stores, store)
		if err := objects.Create(t.Context(), store); err != nil {
			t.Fatal(err)
		}
		life(t, plane, new(atomic.Bool), store.Name, released(objects, store.Name))
		if err := objects.Delete(t.Context(), store); err != nil {
			t.Fatal(err)
		}
		config, transport := mortalConfig(limit)
		life(t, config, &transport.dead, store.Name, gone(objects, store))
		if !transport.dead.Load() {
			t.Logf("a delete needs %d writes", transport.writes.Load())
			break
		}
	}
	reconciler := controller.New(depsFor(t, plane, &fakeBuyer{}))
	eventually(t, "all deletes to end", func(ctx context.Context) error {
		var left error
		for _, store := range stores {
			if err := gone(objects, store)(ctx); err == nil {
				continue
			}
			left = fmt.Errorf("%s is still there", store.Name)
			if err := objects.Get(ctx, client.ObjectKeyFromObject(store), store); err != nil {
				continue
			}
			if _, err := reconciler.Reconcile(ctx, store); err != nil {
				left = err
			}
		}
		return left
	})
}

// gone returns a check that a store and its namespace are no more.
func gone(objects client.Client, store *v1alpha1.Store) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, object := range []client.Object{
			&v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: store.Name}},
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant.NamespaceName(store.UID)}},
		} {
			if err := objects.Get(ctx, client.ObjectKeyFromObject(object), object); !apierrors.IsNotFound(err) {
				return fmt.Errorf("%s is still there (%w)", object.GetName(), err)
			}
		}
		return nil
	}
}
