package volumes

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

func request(name string) controller.ProvisionOptions {
	return controller.ProvisionOptions{
		PVName:       name,
		StorageClass: &storagev1.StorageClass{ReclaimPolicy: ptr.To(corev1.PersistentVolumeReclaimDelete)},
		PVC: &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		}},
	}
}

func TestVolumeIsAFolderThatAnyUserMayWriteTo(t *testing.T) {
	made := &folders{root: t.TempDir(), node: "here"}
	volume, state, err := made.Provision(t.Context(), request("pvc-1"))
	if err != nil || state != controller.ProvisioningFinished {
		t.Fatalf("Provision = %s, %v", state, err)
	}
	path := filepath.Join(made.root, "pvc-1")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o777 {
		t.Errorf("the folder has mode %o, want 777: the umask must not count", info.Mode().Perm())
	}
	if volume.Spec.Local == nil || volume.Spec.Local.Path != path {
		t.Errorf("the volume leads to %+v, want %s", volume.Spec.Local, path)
	}
	if got := volume.Spec.Capacity[corev1.ResourceStorage]; got.String() != "1Gi" {
		t.Errorf("the volume has %s, want what was claimed", got.String())
	}
	if node := volume.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0].Values[0]; node != "here" {
		t.Errorf("the volume is bound to node %s", node)
	}
	if err := os.WriteFile(filepath.Join(path, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := made.Provision(t.Context(), request("pvc-1")); err != nil {
		t.Errorf("a second attempt, after a crash, fails: %v", err)
	}
	for range 2 {
		if err := made.Delete(t.Context(), volume); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there (%v)", err)
	}
}

func TestDeleteTouchesOnlyItsOwn(t *testing.T) {
	made := &folders{root: t.TempDir(), node: "here"}
	elsewhere := t.TempDir()
	tests := map[string]struct {
		name   string
		source corev1.PersistentVolumeSource
		reason string
	}{
		"OtherPath": {"pvc-1", corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: elsewhere}}, "someone changed the volume"},
		"OtherKind": {"pvc-1", corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: elsewhere}}, "it is not local"},
		"Parent":    {"..", corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: filepath.Dir(made.root)}}, "it would be everything"},
		"Root":      {".", corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: made.root}}, "it would be all volumes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			volume := &corev1.PersistentVolume{
				ObjectMeta: metav1.ObjectMeta{Name: test.name}, Spec: corev1.PersistentVolumeSpec{PersistentVolumeSource: test.source},
			}
			if err := made.Delete(t.Context(), volume); err == nil {
				t.Errorf("it was removed, although %s", test.reason)
			}
			for _, path := range []string{made.root, elsewhere} {
				if _, err := os.Stat(path); err != nil {
					t.Errorf("%s is gone: %s", path, test.reason)
				}
			}
		})
	}
}

func TestSelectorIsRefused(t *testing.T) {
	options := request("pvc-1")
	options.PVC.Spec.Selector = &metav1.LabelSelector{}
	made := &folders{root: t.TempDir(), node: "here"}
	if _, _, err := made.Provision(t.Context(), options); err == nil {
		t.Error("a claim that names volumes was given a new one")
	}
}
