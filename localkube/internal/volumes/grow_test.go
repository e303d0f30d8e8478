package volumes

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes/fake"
)

func storage(size string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}
}

// TestClaimsGrow lets claims request more: of this provisioner they get it, and others are left alone.
func TestClaimsGrow(t *testing.T) {
	objects := []*corev1.PersistentVolumeClaim{}
	client := fake.NewClientset()
	for name, provisioner := range map[string]string{"ours": Name, "theirs": "example.com/disk"} {
		volume := &corev1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Name: "volume-" + name, Annotations: map[string]string{annotationProvisioner: provisioner}},
			Spec:       corev1.PersistentVolumeSpec{Capacity: storage("1Gi")},
		}
		claim := &corev1.PersistentVolumeClaim{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"},
			Spec:       corev1.PersistentVolumeClaimSpec{VolumeName: volume.Name, Resources: corev1.VolumeResourceRequirements{Requests: storage("1Gi")}},
			Status:     corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound, Capacity: storage("1Gi")},
		}
		if _, err := client.CoreV1().PersistentVolumes().Create(t.Context(), volume, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := client.CoreV1().PersistentVolumeClaims("shop").Create(t.Context(), claim, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, claim)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- grow(ctx, client) }()
	for _, claim := range objects {
		claim.Spec.Resources.Requests = storage("5Gi")
		if _, err := client.CoreV1().PersistentVolumeClaims("shop").Update(t.Context(), claim, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	sizes := func(ctx context.Context, name string) (volume, claim string) {
		v, err := client.CoreV1().PersistentVolumes().Get(ctx, "volume-"+name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := client.CoreV1().PersistentVolumeClaims("shop").Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return v.Spec.Capacity.Storage().String(), c.Status.Capacity.Storage().String()
	}
	err := wait.PollUntilContextTimeout(t.Context(), 10*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		volume, claim := sizes(ctx, "ours")
		return volume == "5Gi" && claim == "5Gi", nil
	})
	if err != nil {
		t.Error("the claim does not grow")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if volume, claim := sizes(t.Context(), "theirs"); volume != "1Gi" || claim != "1Gi" {
		t.Errorf("another provisioner's volume has %s, its claim %s", volume, claim)
	}
}
