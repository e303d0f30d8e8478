package envtest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/tenant"
)

// deleted deletes a store and returns it as it was last seen, when it is gone.
func (p *platform) deleted(t *testing.T, name string) *v1alpha1.Store {
	t.Helper()
	watcher, err := client.NewWithWatch(plane, client.Options{Scheme: p.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	events, err := watcher.Watch(ctx, &v1alpha1.StoreList{})
	if err != nil {
		t.Fatal(err)
	}
	defer events.Stop()
	if err := p.Delete(ctx, &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
		t.Fatal(err)
	}
	for event := range events.ResultChan() {
		if store, ok := event.Object.(*v1alpha1.Store); ok && event.Type == watch.Deleted && store.Name == name {
			return store
		}
	}
	t.Fatalf("store %s is not gone after %s", name, within)
	return nil
}

func TestDeleteEndsWithAReceipt(t *testing.T) {
	for _, name := range []string{"Ready", "Provisioning"} {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, func(t *testing.T, p *platform) {
				p.create(t, "demo")
				store := p.await(t, "demo", v1alpha1.Released, metav1.ConditionTrue)
				if name == "Ready" {
					p.node.on.Store(true)
					store = p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
				}
				last := p.deleted(t, "demo")
				d := last.Status.Deletion
				if d == nil || d.VerifiedAt == nil || d.Remaining != (v1alpha1.Remaining{}) || d.Blocker != "" {
					t.Errorf("the last thing seen of the store is %+v", d)
				}
				if last.State() != v1alpha1.StateDeleting {
					t.Errorf("it was %s", last.State())
				}
				if err := p.gone(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: store.Status.Namespace}}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestDeleteAtOnce(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		store := p.create(t, "demo")
		eventually(t, "the controller to take the store up", func(ctx context.Context) error {
			if err := p.Get(ctx, client.ObjectKeyFromObject(store), store); err != nil {
				return err
			}
			return expect(int32(len(store.Finalizers)), 1)
		})
		p.deleted(t, "demo")
		if err := p.gone(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant.NamespaceName(store.UID)}}); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatBlocksADeleteIsNamed(t *testing.T) {
	p := newPlatform(t, "medusa")
	p.create(t, "demo")
	store := p.await(t, "demo", v1alpha1.Released, metav1.ConditionTrue)
	stuck := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Namespace: store.Status.Namespace, Name: "stuck", Finalizers: []string{"example.com/never"},
	}}
	if err := p.Create(t.Context(), stuck); err != nil {
		t.Fatal(err)
	}
	if err := p.Delete(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the blocker to be named", func(ctx context.Context) error {
		if err := p.Get(ctx, client.ObjectKeyFromObject(store), store); err != nil {
			return err
		}
		if d := store.Status.Deletion; d == nil || !strings.Contains(d.Blocker, "example.com/never") || d.Remaining.Namespaces != 1 {
			return fmt.Errorf("%+v", d)
		}
		return nil
	})
	if err := p.Get(t.Context(), client.ObjectKeyFromObject(stuck), stuck); err != nil {
		t.Fatalf("the blocker was stripped: %v", err)
	}
	stuck.Finalizers = nil
	if err := p.Update(t.Context(), stuck); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the delete to end", func(ctx context.Context) error { return p.gone(ctx, store) })
}

// TestVolumesAreWaitedFor makes sure that a volume that outlives its namespace keeps the Store.
func TestVolumesAreWaitedFor(t *testing.T) {
	p := newPlatform(t, "medusa")
	p.create(t, "demo")
	store := p.await(t, "demo", v1alpha1.Released, metav1.ConditionTrue)
	volume := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: "slow"},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
			AccessModes:                   []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
			StorageClassName:              "manual",
			ClaimRef:                      &corev1.ObjectReference{Namespace: store.Status.Namespace, Name: "data-database-0", UID: "1"},
			PersistentVolumeSource:        corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/nowhere"}},
		},
	}
	if err := p.Create(t.Context(), volume); err != nil {
		t.Fatal(err)
	}
	if err := p.Delete(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the volume to be all that is left", func(ctx context.Context) error {
		if err := p.Get(ctx, client.ObjectKeyFromObject(store), store); err != nil {
			return err
		}
		if d := store.Status.Deletion; d == nil || d.Remaining != (v1alpha1.Remaining{PersistentVolumes: 1}) || !strings.Contains(d.Blocker, "slow") {
			return fmt.Errorf("%+v", d)
		}
		return nil
	})
	if err := p.Delete(t.Context(), volume); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the delete to end", func(ctx context.Context) error { return p.gone(ctx, store) })
}
