package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// dataPolicy is the platform's admission policy that protects the data of stores.
const dataPolicy = "shopflow-keep-data"

// TestDataOutlivesWhatIsDeleted deletes, as a cluster administrator, what holds the data of a store that has an order and an upload: all of
// that is refused. Without the policy, a deleted namespace comes back with both, and data that is gone is called lost until a person
// accepts an empty shop.
func TestDataOutlivesWhatIsDeleted(t *testing.T) {
	slowChange(t)
	eachEngine(t, testDataOutlivesWhatIsDeleted)
}

func testDataOutlivesWhatIsDeleted(t *testing.T, p *platform, k kind) {
	t.Cleanup(func() { p.remove(t, "legacy-"+string(k.engine)) })
	made := p.createLegacy(t, k.engine)
	names := p.keptVolumes(t, made.Namespace)
	namespace := &corev1.Namespace{}
	namespace.Name = made.Namespace
	objects := []client.Object{namespace}
	for claim, volume := range names {
		object := &corev1.PersistentVolumeClaim{}
		object.Namespace, object.Name = made.Namespace, claim
		kept := &corev1.PersistentVolume{}
		kept.Name = volume
		objects = append(objects, object, kept)
	}
	for _, object := range objects {
		err := p.kube.Delete(t.Context(), object)
		if err == nil || !strings.Contains(err.Error(), "delete") || !strings.Contains(err.Error(), "store") {
			t.Fatalf("deleting %T %s ended with %v, want a refusal that says how", object, object.GetName(), err)
		}
	}

	p.liftDataPolicy(t, namespace)
	p.deleteNamespace(t, namespace)
	p.waitState(t, made.Name, v1alpha1.StateReady, 5*time.Minute)
	p.verifyLegacy(t, made)
	p.buysAgain(t, made)
	p.verifyLegacy(t, made)

	for _, volume := range p.keptVolumes(t, made.Namespace) {
		object := &corev1.PersistentVolume{}
		object.Name = volume
		free := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}`))
		if err := p.kube.Patch(t.Context(), object, free); err != nil {
			t.Fatal(err)
		}
	}
	p.deleteNamespace(t, namespace)
	lost := p.waitState(t, made.Name, v1alpha1.StateDataLost, 2*time.Minute)
	if got := lost.Status.DataLoss.Claims; len(got) != len(names) {
		t.Errorf("lost are %v, want all of %v", got, names)
	}
	if _, stderr, code := p.shopflow(t, "store", "reset", made.Name); code == 0 || !strings.Contains(stderr, "--yes-start-empty") {
		t.Errorf("a reset that accepts no loss ended with %d: %s", code, stderr)
	}
	p.must(t, "store", "reset", made.Name, "--yes-start-empty")
	p.waitState(t, made.Name, v1alpha1.StateReady, 5*time.Minute)
	p.buysAgain(t, made)
}

// keptVolumes waits until all volumes of a store outlive their claims, and returns their names by those of the claims.
func (p *platform) keptVolumes(t *testing.T, namespace string) map[string]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	names := map[string]string{}
	eventually(ctx, t, "the volumes outlive their claims", func(ctx context.Context) error {
		var claims corev1.PersistentVolumeClaimList
		if err := p.kube.List(ctx, &claims, client.InNamespace(namespace)); err != nil || len(claims.Items) == 0 {
			return fmt.Errorf("%d claims: %w", len(claims.Items), err)
		}
		for _, claim := range claims.Items {
			var volume corev1.PersistentVolume
			if err := p.kube.Get(ctx, client.ObjectKey{Name: claim.Spec.VolumeName}, &volume); err != nil {
				return err
			}
			if volume.Spec.PersistentVolumeReclaimPolicy != corev1.PersistentVolumeReclaimRetain {
				return fmt.Errorf("volume %s would go", volume.Name)
			}
			names[claim.Name] = volume.Name
		}
		return nil
	})
	return names
}

// liftDataPolicy takes the policy that protects data out of force until the test ends.
func (p *platform) liftDataPolicy(t *testing.T, namespace *corev1.Namespace) {
	t.Helper()
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{}
	if err := p.kube.Get(t.Context(), client.ObjectKey{Name: dataPolicy}, binding); err != nil {
		t.Fatal(err)
	}
	if err := p.kube.Delete(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		binding.ResourceVersion, binding.UID = "", ""
		if err := p.kube.Create(context.WithoutCancel(t.Context()), binding); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	eventually(ctx, t, "the policy is out of force", func(ctx context.Context) error {
		return p.kube.Delete(ctx, namespace, client.DryRunAll)
	})
}

// deleteNamespace deletes a namespace and waits until it is gone, or another one has taken its name.
func (p *platform) deleteNamespace(t *testing.T, namespace *corev1.Namespace) {
	t.Helper()
	if err := p.kube.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace); err != nil {
		t.Fatal(err)
	}
	old := namespace.UID
	if err := p.kube.Delete(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	eventually(ctx, t, "the namespace is gone", func(ctx context.Context) error {
		err := p.kube.Get(ctx, client.ObjectKeyFromObject(namespace), namespace)
		if err == nil && namespace.UID == old {
			return errors.New("it is there")
		}
		return client.IgnoreNotFound(err)
	})
}
