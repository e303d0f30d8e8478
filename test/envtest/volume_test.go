package envtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	controller "shopflow.dev/shopflow/internal/controller/store"
)

// fakeProvisioner gives each claim of stores a volume, lets it grow, and deletes the volumes that may go with their claims. The cluster's own controllers
// bind and release them.
type fakeProvisioner struct{ client.Client }

// provision runs until the test ends.
func (p *platform) provision(t *testing.T) {
	t.Helper()
	provision(t, p.Client)
}

func provision(t *testing.T, objects client.Client) {
	t.Helper()
	f := fakeProvisioner{objects}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- wait.PollUntilContextCancel(ctx, 25*time.Millisecond, true, func(ctx context.Context) (bool, error) {
			_ = errors.Join(f.create(ctx), f.grow(ctx), f.remove(ctx)) // What was changed meanwhile is met again in the next round.
			return false, nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("provisioner: %v", err)
		}
	})
}

func (f fakeProvisioner) create(ctx context.Context) error {
	var claims corev1.PersistentVolumeClaimList
	if err := f.List(ctx, &claims, client.HasLabels{v1alpha1.LabelStore}); err != nil {
		return err
	}
	for _, claim := range claims.Items {
		if claim.Spec.VolumeName != "" || claim.DeletionTimestamp != nil {
			continue
		}
		volume := &corev1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Name: "pvc-" + string(claim.UID)},
			Spec: corev1.PersistentVolumeSpec{
				Capacity: claim.Spec.Resources.Requests, AccessModes: claim.Spec.AccessModes,
				PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimDelete,
				StorageClassName:              ptr.Deref(claim.Spec.StorageClassName, ""),
				ClaimRef:                      &corev1.ObjectReference{Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID},
				PersistentVolumeSource:        corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{Driver: "shopflow.dev", VolumeHandle: string(claim.UID)}},
			},
		}
		if err := f.Create(ctx, volume); err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

func (f fakeProvisioner) grow(ctx context.Context) error {
	var claims corev1.PersistentVolumeClaimList
	if err := f.List(ctx, &claims, client.HasLabels{v1alpha1.LabelStore}); err != nil {
		return err
	}
	for i := range claims.Items {
		claim := &claims.Items[i]
		wanted := claim.Spec.Resources.Requests[corev1.ResourceStorage]
		if has := claim.Status.Capacity[corev1.ResourceStorage]; claim.Status.Phase != corev1.ClaimBound || has.Cmp(wanted) >= 0 {
			continue
		}
		capacity := func(part string) client.Patch {
			return client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{%q:{"capacity":{"storage":%q}}}`, part, wanted.String()))
		}
		volume := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: claim.Spec.VolumeName}}
		if err := errors.Join(f.Patch(ctx, volume, capacity("spec")), f.Status().Patch(ctx, claim, capacity("status"))); err != nil {
			return err
		}
	}
	return nil
}

func (f fakeProvisioner) remove(ctx context.Context) error {
	var volumes corev1.PersistentVolumeList
	if err := f.List(ctx, &volumes); err != nil {
		return err
	}
	for i := range volumes.Items {
		volume := &volumes.Items[i]
		released := volume.Status.Phase == corev1.VolumeReleased && volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete
		if released && volume.Spec.CSI != nil {
			if err := f.Delete(ctx, volume); client.IgnoreNotFound(err) != nil {
				return err
			}
		}
	}
	return nil
}

// volumes returns the names of the volumes that a store's claims are bound to, by the claims' names.
func (p *platform) volumes(ctx context.Context, namespace string) (map[string]string, error) {
	var claims corev1.PersistentVolumeClaimList
	if err := p.List(ctx, &claims, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	bound := map[string]string{}
	for _, claim := range claims.Items {
		if claim.Status.Phase == corev1.ClaimBound {
			bound[claim.Name] = claim.Spec.VolumeName
		}
	}
	return bound, nil
}

// awaitKept waits until all volumes of a store would outlive its claims.
func (p *platform) awaitKept(t *testing.T, namespace string) map[string]string {
	t.Helper()
	var bound map[string]string
	eventually(t, "the volumes to be kept", func(ctx context.Context) (err error) {
		if bound, err = p.volumes(ctx, namespace); err != nil || len(bound) != 2 {
			return fmt.Errorf("bound are %v: %w", bound, err)
		}
		for _, name := range bound {
			var volume corev1.PersistentVolume
			if err := p.Get(ctx, client.ObjectKey{Name: name}, &volume); err != nil {
				return err
			}
			if volume.Spec.PersistentVolumeReclaimPolicy != corev1.PersistentVolumeReclaimRetain {
				return fmt.Errorf("volume %s would be %sd", name, volume.Spec.PersistentVolumeReclaimPolicy)
			}
		}
		return nil
	})
	return bound
}

// TestVolumesAreBoundAgain deletes the namespace of a store that has sold, with its claims: the store comes back on the volumes that it
// had, and is never called lost. Its delete takes the volumes along.
func TestVolumesAreBoundAgain(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		p.provision(t)
		p.node.on.Store(true)
		p.create(t, "demo")
		p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		before := p.awaitClaims(t, "demo")
		kept := p.awaitKept(t, before.Status.Namespace)
		// What is bound again has the size that it has grown to.
		p.change(t, "demo", `{"plan":"large"}`)
		p.awaitReason(t, "demo", v1alpha1.Checked, v1alpha1.ReasonSucceeded)
		checks := p.buyer.checked()
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: before.Status.Namespace}}
		if err := p.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace); err != nil {
			t.Fatal(err)
		}
		old := namespace.UID
		if err := p.Delete(t.Context(), namespace); err != nil {
			t.Fatal(err)
		}
		var store v1alpha1.Store
		eventually(t, "the store to be Ready in a new namespace", func(ctx context.Context) error {
			if err := p.Get(ctx, client.ObjectKey{Name: "demo"}, &store); err != nil {
				return err
			}
			if store.State() == v1alpha1.StateDataLost {
				t.Fatalf("the store is called lost: %+v", store.Status.DataLoss)
			}
			if err := p.Get(ctx, client.ObjectKeyFromObject(namespace), namespace); err != nil || namespace.UID == old {
				return fmt.Errorf("the old namespace is there: %w", err)
			}
			if bound, err := p.volumes(ctx, namespace.Name); err != nil || fmt.Sprint(bound) != fmt.Sprint(kept) {
				return fmt.Errorf("bound are %v, not %v: %w", bound, kept, err)
			}
			if store.State() != v1alpha1.StateReady {
				return fmt.Errorf("it is %s: %+v", store.State(), store.Status.Conditions)
			}
			return nil
		})
		if sales := len(p.buyer.sales()); sales != 1 || p.buyer.checked() <= checks {
			t.Errorf("a shop with customers was proven %d times and checked %d times, want once and again", sales, p.buyer.checked())
		}
		if err := p.Delete(t.Context(), &store); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the delete to end, with the volumes", func(ctx context.Context) error { return p.gone(ctx, &store) })
	})
}

// TestAVolumeApartIsNamed gives the name of a claim to another volume while no controller runs: nothing is bound over that, the store
// says where its data is, and nothing runs in it that could take orders.
func TestAVolumeApartIsNamed(t *testing.T) {
	p, stop := startPlatform(t, "medusa", nil)
	p.provision(t)
	p.node.on.Store(true)
	p.create(t, "demo")
	p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
	before := p.awaitClaims(t, "demo")
	kept := p.awaitKept(t, before.Status.Namespace)
	stop()

	key := client.ObjectKey{Namespace: before.Status.Namespace, Name: "uploads"}
	var claim corev1.PersistentVolumeClaim
	if err := p.Get(t.Context(), key, &claim); err != nil {
		t.Fatal(err)
	}
	if err := p.Delete(t.Context(), &claim); err != nil {
		t.Fatal(err)
	}
	// A claim is there as long as pods use it.
	if err := p.DeleteAllOf(t.Context(), &appsv1.Deployment{}, client.InNamespace(key.Namespace)); err != nil {
		t.Fatal(err)
	}
	claim.ObjectMeta = metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name, Labels: claim.Labels}
	claim.Spec.VolumeName = ""
	eventually(t, "another claim in its place", func(ctx context.Context) error {
		// Once it is there, the quota has no room for another one.
		if err := p.Create(ctx, claim.DeepCopy()); err != nil && !apierrors.IsAlreadyExists(err) && !apierrors.IsForbidden(err) {
			return err
		}
		bound, err := p.volumes(ctx, key.Namespace)
		if err != nil || bound["uploads"] == "" || bound["uploads"] == kept["uploads"] {
			return fmt.Errorf("bound are %v: %w", bound, err)
		}
		return nil
	})

	p = newPlatform(t, "medusa")
	lost := p.awaitState(t, "demo", v1alpha1.StateDataLost)
	if !strings.Contains(lost.Status.Cause.Message, kept["uploads"]) {
		t.Errorf("the cause does not name volume %s: %s", kept["uploads"], lost.Status.Cause.Message)
	}
	eventually(t, "everything to stop", func(ctx context.Context) error {
		var pods corev1.PodList
		if err := p.List(ctx, &pods, client.InNamespace(key.Namespace)); err != nil || len(pods.Items) > 0 {
			return fmt.Errorf("%d pods: %w", len(pods.Items), err)
		}
		return nil
	})
	p.acceptLoss(t, lost)
	p.node.on.Store(true)
	p.awaitState(t, "demo", v1alpha1.StateReady)
}

// TestVolumesGrow changes a plan up and down: volumes become as large as the larger plan gives, and stay so. The database's pod is the only
// one of its name all along, and its set is another one that has taken it over.
func TestVolumesGrow(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		p.provision(t)
		p.node.on.Store(true)
		p.create(t, "demo")
		p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		before := p.awaitClaims(t, "demo")
		kept := p.awaitKept(t, before.Status.Namespace)
		set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Namespace: before.Status.Namespace, Name: "database"}}
		if err := p.Get(t.Context(), client.ObjectKeyFromObject(set), set); err != nil {
			t.Fatal(err)
		}
		old := set.UID
		for i, plan := range []string{"large", "small", "medium"} {
			p.change(t, "demo", `{"plan":"`+plan+`"}`)
			p.awaitRevision(t, "demo", i+2)
			after := p.awaitReason(t, "demo", v1alpha1.Updated, v1alpha1.ReasonSucceeded)
			p.verifySizes(t, after, "20Gi")
			if bound, err := p.volumes(t.Context(), after.Status.Namespace); err != nil || !maps.Equal(bound, kept) {
				t.Errorf("bound are %v, were %v (%v)", bound, kept, err)
			}
		}
		if err := p.Get(t.Context(), client.ObjectKeyFromObject(set), set); err != nil || set.UID == old {
			t.Errorf("the set is the same one (%v)", err)
		}
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: before.Status.Namespace, Name: "database-0"}}
		if err := p.Get(t.Context(), client.ObjectKeyFromObject(pod), pod); err != nil || len(pod.OwnerReferences) != 1 || pod.OwnerReferences[0].UID != set.UID {
			t.Errorf("the pod belongs to %+v (%v)", pod.OwnerReferences, err)
		}
	})
}

// verifySizes fails the test unless all volumes of a store have a size, in their claims and in what the store and its quota say.
func (p *platform) verifySizes(t *testing.T, store *v1alpha1.Store, size string) {
	t.Helper()
	eventually(t, "the volumes to have "+size, func(ctx context.Context) error {
		var claims corev1.PersistentVolumeClaimList
		if err := p.List(ctx, &claims, client.InNamespace(store.Status.Namespace)); err != nil {
			return err
		}
		for _, claim := range claims.Items {
			if got := claim.Status.Capacity.Storage(); got.String() != size {
				return fmt.Errorf("claim %s has %s", claim.Name, got)
			}
			var volume corev1.PersistentVolume
			if err := p.Get(ctx, client.ObjectKey{Name: claim.Spec.VolumeName}, &volume); err != nil {
				return err
			}
			if noted := volume.Annotations["shopflow.dev/claim-request"]; noted != size {
				return fmt.Errorf("volume %s notes that %s was claimed", volume.Name, noted)
			}
		}
		return nil
	})
	if release := store.Status.Release; release.DatabaseStorage != size || release.UploadsStorage != size {
		t.Errorf("the store says %s and %s", release.DatabaseStorage, release.UploadsStorage)
	}
	var quota corev1.ResourceQuota
	if err := p.Get(t.Context(), client.ObjectKey{Namespace: store.Status.Namespace, Name: "plan"}, &quota); err != nil {
		t.Fatal(err)
	}
	if hard := quota.Spec.Hard[corev1.ResourceRequestsStorage]; hard.Value() != 2*new(resource.MustParse(size)).Value() {
		t.Errorf("the quota allows %s of storage", &hard)
	}
}

// TestVolumesThatCannotGrow asks for a larger plan where the storage class lets no volume grow: the store stays as it was.
func TestVolumesThatCannotGrow(t *testing.T) {
	p, stop := startPlatform(t, "medusa", func(deps *controller.Deps) { deps.Engines.Settings.StorageClass = "fixed" })
	t.Cleanup(func() {
		stop()
		p.abandon(t)
	})
	p.provision(t)
	p.node.on.Store(true)
	p.create(t, "demo")
	p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
	before := p.awaitClaims(t, "demo")
	p.awaitKept(t, before.Status.Namespace)
	running := specs(t, p, before)
	p.change(t, "demo", `{"plan":"large"}`)
	refused := p.awaitReason(t, "demo", v1alpha1.Updated, v1alpha1.ReasonChangeRefused)
	if message := meta.FindStatusCondition(refused.Status.Conditions, v1alpha1.Updated).Message; !strings.Contains(message, `storage class "fixed" does not allow it`) {
		t.Errorf("the refusal says %q", message)
	}
	if diff := cmp.Diff(running, specs(t, p, refused)); diff != "" || refused.State() != v1alpha1.StateReady {
		t.Errorf("the store is %s (-before +after):\n%s", refused.State(), diff)
	}
	p.verifySizes(t, refused, "1Gi")
}
