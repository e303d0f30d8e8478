package envtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
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
	lifeOf(t, depsFor(t, config, &fakeBuyer{}), dead, name, check)
}

// lifeOf is the same for a process of another version.
func lifeOf(t *testing.T, deps controller.Deps, dead *atomic.Bool, name string, check func(context.Context) error) {
	t.Helper()
	reconciler := controller.New(deps)
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

// TestKilledAtEachWriteOfAnUpdate does the same to a change of plan and title of a store that has sold. After every other kill, the person
// thinks better of it: the store is then what it was, and else what was asked for, never a third. One engine is enough: an update writes the
// same for all.
func TestKilledAtEachWriteOfAnUpdate(t *testing.T) {
	t.Parallel()
	killAtEachWriteOfAnUpdate(t, "medusa")
}

func killAtEachWriteOfAnUpdate(t *testing.T, engine v1alpha1.Engine) {
	objects := newClient(t)
	provision(t, objects)
	for limit := int64(0); ; limit++ {
		name := fmt.Sprintf("updated-%s-%d", engine, limit)
		store := &v1alpha1.Store{
			ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Engine: engine, Plan: v1alpha1.PlanSmall, DisplayName: "Before"},
		}
		if err := objects.Create(t.Context(), store); err != nil {
			t.Fatal(err)
		}
		life(t, plane, new(atomic.Bool), name, released(objects, name))
		declareSold(t, objects, name)
		before := stateOf(t, objects, store)

		ask(t, objects, name, v1alpha1.PlanMedium, "After")
		config, transport := mortalConfig(limit)
		life(t, config, &transport.dead, name, updated(objects, name, v1alpha1.PlanMedium))
		back := transport.dead.Load() && limit%2 == 1
		if back {
			ask(t, objects, name, v1alpha1.PlanSmall, "Before")
			life(t, plane, new(atomic.Bool), name, updated(objects, name, v1alpha1.PlanSmall))
		} else {
			life(t, plane, new(atomic.Bool), name, updated(objects, name, v1alpha1.PlanMedium))
		}
		if after := stateOf(t, objects, store); back != cmp.Equal(before, after) {
			t.Errorf("killed at write %d, asked back %v (-before +after):\n%s", limit, back, cmp.Diff(before, after))
		} else if title := after["title"]; !back && title != "After" {
			t.Errorf("killed at write %d: the title is %v", limit, title)
		}
		checkOnce(t, objects, store, "", limit)
		abandon(t, objects, store)
		if !transport.dead.Load() {
			t.Logf("an update needs %d writes", transport.writes.Load())
			return
		}
	}
}

// declareSold gives a store the receipt that the prover would have.
func declareSold(t *testing.T, objects client.Client, name string) {
	t.Helper()
	var store v1alpha1.Store
	if err := objects.Get(t.Context(), client.ObjectKey{Name: name}, &store); err != nil {
		t.Fatal(err)
	}
	before := store.DeepCopy()
	store.Status.Receipt = &v1alpha1.Receipt{OrderNumber: "1", SoldAt: metav1.NowMicro(), Digest: "of another release", Steps: []v1alpha1.ReceiptStep{}}
	ended := metav1.NowMicro()
	store.Status.Timeline = append(store.Status.Timeline, v1alpha1.TimelineEntry{Phase: v1alpha1.Selling, StartedAt: ended, EndedAt: &ended})
	if err := objects.Status().Patch(t.Context(), &store, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
}

// ask changes what a store is to be.
func ask(t *testing.T, objects client.Client, name string, plan v1alpha1.Plan, title string) {
	t.Helper()
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec":{"plan":%q,"displayName":%q}}`, plan, title))
	if err := objects.Patch(t.Context(), &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}}, patch); err != nil {
		t.Fatal(err)
	}
}

// updated returns a check that a store's release is that of its newest spec, with a plan.
func updated(objects client.Client, name string, plan v1alpha1.Plan) func(context.Context) error {
	return func(ctx context.Context) error {
		var store v1alpha1.Store
		if err := objects.Get(ctx, client.ObjectKey{Name: name}, &store); err != nil {
			return err
		}
		condition := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.Released)
		if condition == nil || condition.Status != metav1.ConditionTrue || condition.ObservedGeneration != store.Generation || store.Status.Release.Plan != plan {
			return fmt.Errorf("generation %d is not released: %+v", store.Generation, store.Status.Conditions)
		}
		return nil
	}
}

// stateOf returns the title and the specs of a store's workloads.
func stateOf(t *testing.T, objects client.Client, store *v1alpha1.Store) map[string]any {
	t.Helper()
	namespace, state := tenant.NamespaceName(store.UID), map[string]any{}
	var title corev1.ConfigMap
	if err := objects.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "store"}, &title); err != nil {
		t.Fatal(err)
	}
	state["title"] = title.Data["title"]
	var deployments appsv1.DeploymentList
	var sets appsv1.StatefulSetList
	for _, list := range []client.ObjectList{&deployments, &sets} {
		if err := objects.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
			t.Fatal(err)
		}
	}
	for _, deployment := range deployments.Items {
		state["Deployment "+deployment.Name] = deployment.Spec
	}
	for _, set := range sets.Items {
		set.Spec.VolumeClaimTemplates = nil // Volumes that have grown do not shrink.
		state["StatefulSet "+set.Name] = set.Spec
	}
	return state
}
