package store

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/internal/engine"
)

func storage(size string) corev1.ResourceList {
	if size == "" {
		return nil
	}
	return corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}
}

func claimOf(name, request, capacity string) corev1.PersistentVolumeClaim {
	claim := corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}}
	claim.Spec.Resources.Requests = storage(request)
	claim.Status.Phase, claim.Status.Capacity = corev1.ClaimBound, storage(capacity)
	return claim
}

func TestGrowths(t *testing.T) {
	claims := []corev1.PersistentVolumeClaim{claimOf("data-database-0", "1Gi", "1Gi"), claimOf("uploads", "2Gi", "2Gi"), claimOf("notes-of-the-owner", "1Gi", "1Gi")}
	for name, test := range map[string]struct {
		size engine.Size
		want map[string]string
	}{
		"Both":      {engine.Size{DatabaseStorage: "5Gi", UploadsStorage: "5Gi"}, map[string]string{"data-database-0": "5Gi", "uploads": "5Gi"}},
		"One":       {engine.Size{DatabaseStorage: "2Gi", UploadsStorage: "2048Mi"}, map[string]string{"data-database-0": "2Gi"}},
		"Smaller":   {engine.Size{DatabaseStorage: "500Mi", UploadsStorage: "1Gi"}, nil},
		"NoStorage": {engine.Size{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := growths(claims, test.size)
			if len(got) != len(test.want) {
				t.Errorf("%d claims grow, want %v", len(got), test.want)
			}
			for _, growth := range got {
				if growth.to.String() != test.want[growth.claim.Name] {
					t.Errorf("claim %s grows to %s, want %s", growth.claim.Name, &growth.to, test.want[growth.claim.Name])
				}
			}
		})
	}
}

func TestGrowing(t *testing.T) {
	failed := claimOf("uploads", "5Gi", "1Gi")
	failed.Status.Conditions = []corev1.PersistentVolumeClaimCondition{{Type: corev1.PersistentVolumeClaimControllerResizeError, Message: "the pool is full"}}
	unbound := claimOf("uploads", "5Gi", "")
	unbound.Status.Phase = corev1.ClaimPending
	for name, test := range map[string]struct {
		claim corev1.PersistentVolumeClaim
		want  string
	}{
		"AsLarge": {claimOf("uploads", "5Gi", "5Gi"), ""},
		"Larger":  {claimOf("uploads", "5Gi", "8Gi"), ""},
		"Grows":   {claimOf("uploads", "5Gi", "1Gi"), "The volume of claim uploads grows from 1Gi to 5Gi"},
		"Failed":  {failed, "The volume of claim uploads grows from 1Gi to 5Gi; the last attempt failed: the pool is full"},
		"Unbound": {unbound, ""},
	} {
		if got := growing(&test.claim); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
