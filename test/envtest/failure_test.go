package envtest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// awaitCause waits until a store is in a state for a reason, and returns the cause.
func (p *platform) awaitCause(t *testing.T, name string, state v1alpha1.State, reason string) string {
	t.Helper()
	var message string
	eventually(t, fmt.Sprintf("store %s to be %s with %s", name, state, reason), func(ctx context.Context) error {
		var store v1alpha1.Store
		if err := p.Get(ctx, client.ObjectKey{Name: name}, &store); err != nil {
			return err
		}
		cause := store.Status.Cause
		if store.State() != state || !cause.Certain() || cause.Reason != reason {
			return fmt.Errorf("%s because of %+v: %+v", store.State(), cause, store.Status.Conditions)
		}
		message = cause.Message + ". " + cause.Fix
		return nil
	})
	return message
}

func TestQuotaThatIsTooSmall(t *testing.T) {
	p := newPlatform(t, "medusa")
	p.node.on.Store(true)
	p.create(t, "demo")
	store := p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
	// A cluster administrator adds a second, smaller quota to the namespace.
	tight := &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Namespace: store.Status.Namespace, Name: "tight"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{corev1.ResourcePods: resource.MustParse("1")}},
	}
	if err := p.Create(t.Context(), tight); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the quota to be counted", func(ctx context.Context) error {
		if err := p.Get(ctx, client.ObjectKeyFromObject(tight), tight); err != nil {
			return err
		}
		return expect(int32(len(tight.Status.Hard)), 1)
	})
	if err := p.DeleteAllOf(t.Context(), &corev1.Pod{}, client.InNamespace(store.Status.Namespace)); err != nil {
		t.Fatal(err)
	}
	message := p.awaitCause(t, "demo", v1alpha1.StateFailed, v1alpha1.ReasonQuotaExceeded)
	if !strings.Contains(message, "tight") || !strings.Contains(message, "larger plan") {
		t.Errorf("the cause names neither the quota nor a fix: %s", message)
	}
	if err := p.Delete(t.Context(), tight); err != nil {
		t.Fatal(err)
	}
	p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
}

func TestMissingStorageClass(t *testing.T) {
	p := newPlatform(t, "medusa")
	if err := p.Delete(t.Context(), storageClass("standard", true)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = newClient(t).Create(context.Background(), storageClass("standard", true)) })
	p.create(t, "demo")
	message := p.awaitCause(t, "demo", v1alpha1.StateFailed, v1alpha1.ReasonVolumeNotBound)
	if !strings.Contains(message, `StorageClass "standard" not found`) {
		t.Errorf("the cause does not name the class: %s", message)
	}
	if err := p.Create(t.Context(), storageClass("standard", true)); err != nil {
		t.Fatal(err)
	}
	p.node.on.Store(true)
	p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
}

func TestMissingImage(t *testing.T) {
	p := newPlatform(t, "medusa")
	p.create(t, "demo")
	store := p.await(t, "demo", v1alpha1.Released, metav1.ConditionTrue)
	// This is what a kubelet reports.
	eventually(t, "the server's pod", func(ctx context.Context) error {
		var pods corev1.PodList
		err := p.List(ctx, &pods, client.InNamespace(store.Status.Namespace), client.MatchingLabels{"app.kubernetes.io/component": "server"})
		if err != nil || len(pods.Items) == 0 {
			return fmt.Errorf("no pod yet: %w", err)
		}
		pods.Items[0].Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "server", Image: "medusa:1", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff"}},
		}}
		return p.Status().Update(ctx, &pods.Items[0])
	})
	message := p.awaitCause(t, "demo", v1alpha1.StateProvisioning, v1alpha1.ReasonImagePullFailed)
	if !strings.Contains(message, "medusa:1") || !strings.Contains(message, "server") {
		t.Errorf("the cause names neither image nor component: %s", message)
	}
	p.node.on.Store(true)
	p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
}
