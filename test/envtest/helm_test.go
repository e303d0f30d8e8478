package envtest

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"helm.sh/helm/v4/pkg/action"
	helmkube "helm.sh/helm/v4/pkg/kube"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/helmrelease"
)

// ordinaryHelm returns Helm as its command line sets it up.
func ordinaryHelm(t *testing.T, namespace string) *action.Configuration {
	t.Helper()
	flags := genericclioptions.NewConfigFlags(false)
	flags.APIServer, flags.Namespace = &plane.Host, &namespace
	flags.WrapConfigFn = func(*rest.Config) *rest.Config { return rest.CopyConfig(plane) }
	helm := action.NewConfiguration()
	if err := helm.Init(flags, namespace, "secret"); err != nil {
		t.Fatal(err)
	}
	return helm
}

// TestUninstallByHandKeepsUploads uninstalls a store's release with Helm: the release comes back, on the volume that it had, and
// deleting the store still deletes the volume.
func TestUninstallByHandKeepsUploads(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		p.node.on.Store(true)
		p.create(t, "demo")
		before := p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		uploads := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: before.Status.Namespace, Name: "uploads"}}
		if err := p.Get(t.Context(), client.ObjectKeyFromObject(uploads), uploads); err != nil {
			t.Fatal(err)
		}
		uid := uploads.UID
		uninstall := action.NewUninstall(ordinaryHelm(t, before.Status.Namespace))
		uninstall.WaitStrategy = helmkube.HookOnlyStrategy
		if _, err := uninstall.Run("demo"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a new sale from the new release", func(ctx context.Context) error {
			var store v1alpha1.Store
			if err := p.Get(ctx, client.ObjectKey{Name: "demo"}, &store); err != nil {
				return err
			}
			if store.State() != v1alpha1.StateReady || !store.Status.Receipt.SoldAt.After(before.Status.Receipt.SoldAt.Time) {
				return fmt.Errorf("status %+v", store.Status)
			}
			return nil
		})
		if err := p.Get(t.Context(), client.ObjectKeyFromObject(uploads), uploads); err != nil || uploads.UID != uid || uploads.DeletionTimestamp != nil {
			t.Fatalf("the uploads are on %s (%v), deleted %v; want the volume that was there, %s", uploads.UID, err, uploads.DeletionTimestamp, uid)
		}
		if err := p.Delete(t.Context(), before); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the store and its uploads to be gone", func(ctx context.Context) error {
			if err := p.gone(ctx, uploads); err != nil {
				return err
			}
			return p.gone(ctx, before)
		})
	})
}

// TestRollbackByHandSucceedsAndIsReverted rolls a store's release back with Helm, as people do who do not know that the Store says what
// runs: Helm succeeds, since no volume has grown meanwhile, the controller does not disturb it, and then upgrades the release to what the Store says.
func TestRollbackByHandSucceedsAndIsReverted(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		p.node.on.Store(true)
		p.create(t, "demo")
		first := p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"displayName":"Another"}}`))
		if err := p.Patch(t.Context(), first.DeepCopy(), patch); err != nil {
			t.Fatal(err)
		}
		second := p.awaitRevision(t, "demo", 2)
		rollback := action.NewRollback(ordinaryHelm(t, first.Status.Namespace))
		rollback.Version, rollback.WaitStrategy = 1, helmkube.HookOnlyStrategy
		if err := rollback.Run("demo"); err != nil {
			t.Fatalf("helm rollback: %v", err)
		}
		last := p.awaitRevision(t, "demo", 4)
		if last.Status.Release.Digest != second.Status.Release.Digest {
			t.Errorf("after the rollback the release is %s, want %s", last.Status.Release.Digest, second.Status.Release.Digest)
		}
		var records corev1.SecretList
		if err := p.List(t.Context(), &records, client.InNamespace(first.Status.Namespace), client.MatchingLabels{"owner": "helm"}); err != nil {
			t.Fatal(err)
		}
		for _, record := range records.Items {
			if status := record.Labels["status"]; status != "deployed" && status != "superseded" {
				t.Errorf("revision %s is %s", record.Labels["version"], status)
			}
		}
	})
}

// awaitRevision waits until the store is Ready with a revision of its release, and returns it.
func (p *platform) awaitRevision(t *testing.T, name string, revision int) *v1alpha1.Store {
	t.Helper()
	store := &v1alpha1.Store{}
	eventually(t, fmt.Sprintf("store %s to be Ready with revision %d", name, revision), func(ctx context.Context) error {
		if err := p.Get(ctx, client.ObjectKey{Name: name}, store); err != nil {
			return err
		}
		if store.State() != v1alpha1.StateReady || store.Status.Release == nil || store.Status.Release.Revision != revision {
			return fmt.Errorf("%s with %+v, %+v", store.State(), store.Status.Release, store.Status.Conditions)
		}
		return nil
	})
	return store
}

// TestUpgradeRemovesFieldsOfTheFormerManager upgrades a release that an earlier version of this program installed, under another field
// manager's name: a field that the new chart leaves out must go.
func TestUpgradeRemovesFieldsOfTheFormerManager(t *testing.T) {
	objects := newClient(t)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "managers-"}}
	if err := objects.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	helm, err := helmrelease.New(plane)
	if err != nil {
		t.Fatal(err)
	}
	request := helmrelease.Request{Namespace: namespace.Name, Name: "demo", Chart: chartOf(t, "kept: a", "dropped: b")}
	manager := helmkube.ManagedFieldsManager
	helmkube.ManagedFieldsManager = "shopflow"
	err = helm.Install(t.Context(), request)
	helmkube.ManagedFieldsManager = manager
	if err != nil {
		t.Fatal(err)
	}
	request.Chart = chartOf(t, "kept: c")
	if err := helm.Upgrade(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	var config corev1.ConfigMap
	if err := objects.Get(t.Context(), client.ObjectKey{Namespace: namespace.Name, Name: "config"}, &config); err != nil {
		t.Fatal(err)
	}
	if len(config.Data) != 1 || config.Data["kept"] != "c" {
		t.Errorf("the data is %v", config.Data)
	}
	for _, entry := range config.ManagedFields {
		if entry.Manager != "helm" {
			t.Errorf("%s still owns %s", entry.Manager, entry.FieldsV1)
		}
	}
}

// chartOf returns a chart of one ConfigMap with this data.
func chartOf(t *testing.T, data ...string) *helmrelease.Chart {
	t.Helper()
	var files fs.FS = fstest.MapFS{
		"Chart.yaml":            {Data: []byte("apiVersion: v2\nname: tiny\nversion: 0.1.0\n")},
		"templates/config.yaml": {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata:\n  " + strings.Join(data, "\n  ") + "\n")},
	}
	chart, err := helmrelease.LoadChart(files)
	if err != nil {
		t.Fatal(err)
	}
	return chart
}
