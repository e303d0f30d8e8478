package helmrelease

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestRenamed(t *testing.T) {
	applied := func(manager, fields string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Operation: metav1.ManagedFieldsOperationApply, FieldsV1: metav1.NewFieldsV1(fields)}
	}
	updated := metav1.ManagedFieldsEntry{Manager: "old", Operation: metav1.ManagedFieldsOperationUpdate, FieldsV1: metav1.NewFieldsV1(`{}`)}
	const a, b, both = `{"f:spec":{"f:a":{}}}`, `{"f:spec":{"f:b":{}}}`, `{"f:spec":{"f:a":{},"f:b":{}}}`
	tests := map[string]struct {
		entries, want []metav1.ManagedFieldsEntry
		changed       bool
	}{
		"Empty":   {nil, nil, false},
		"Renamed": {[]metav1.ManagedFieldsEntry{applied("old", a)}, []metav1.ManagedFieldsEntry{applied("new", a)}, true},
		"Already": {[]metav1.ManagedFieldsEntry{applied("new", a)}, []metav1.ManagedFieldsEntry{applied("new", a)}, false},
		"Both":    {[]metav1.ManagedFieldsEntry{applied("old", a), applied("new", b)}, []metav1.ManagedFieldsEntry{applied("new", both)}, true},
		"Updates": {[]metav1.ManagedFieldsEntry{updated}, []metav1.ManagedFieldsEntry{updated}, false},
		"Others":  {[]metav1.ManagedFieldsEntry{applied("kubelet", a), applied("old", b)}, []metav1.ManagedFieldsEntry{applied("kubelet", a), applied("new", b)}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, changed, err := renamed(test.entries, "old", "new")
			if err != nil || changed != test.changed {
				t.Fatalf("changed %v (%v)", changed, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, _, err := renamed([]metav1.ManagedFieldsEntry{applied("old", "{"), applied("new", a)}, "old", "new"); err == nil {
		t.Error("broken fields passed")
	}
}

func TestScaledByCluster(t *testing.T) {
	entry := func(manager, subresource, fields string) []metav1.ManagedFieldsEntry {
		return []metav1.ManagedFieldsEntry{{Manager: manager, Subresource: subresource, FieldsV1: metav1.NewFieldsV1(fields)}}
	}
	const replicas = `{"f:spec":{"f:replicas":{}}}`
	for name, test := range map[string]struct {
		entries []metav1.ManagedFieldsEntry
		want    bool
	}{
		"Autoscaler": {entry("kube-controller-manager", "scale", replicas), true},
		"Person":     {entry("kubectl", "scale", replicas), false},
		"Status":     {entry("kube-controller-manager", "status", `{"f:status":{"f:replicas":{}}}`), false},
		"OtherField": {entry("kube-controller-manager", "scale", `{"f:spec":{"f:paused":{}}}`), false},
		"Nothing":    {[]metav1.ManagedFieldsEntry{{Manager: "kube-controller-manager", Subresource: "scale"}}, false},
	} {
		if got := scaledByCluster(test.entries); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
