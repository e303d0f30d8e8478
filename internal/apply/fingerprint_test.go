package apply

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestFingerprintIsThatOfTheCacheToo(t *testing.T) {
	set := func(meta metav1.TypeMeta, storage string) *appsv1.StatefulSet {
		template := corev1.PersistentVolumeClaim{TypeMeta: meta}
		template.Spec.StorageClassName = &storage
		return &appsv1.StatefulSet{Spec: appsv1.StatefulSetSpec{VolumeClaimTemplates: []corev1.PersistentVolumeClaim{template}}}
	}
	print := func(set *appsv1.StatefulSet) Fingerprint {
		value, err := FingerprintOf(set)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	answered := print(set(metav1.TypeMeta{Kind: "PersistentVolumeClaim", APIVersion: "v1"}, "standard"))
	if answered != print(set(metav1.TypeMeta{}, "standard")) {
		t.Error("an object looks changed although only its encoding differs")
	}
	if answered == print(set(metav1.TypeMeta{}, "fast")) {
		t.Error("a change of the claim template is not seen")
	}
}
