package store

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"shopflow.dev/shopflow/api/v1alpha1"
)

func TestPassStartsFromWhatWasWritten(t *testing.T) {
	scheme, err := Scheme()
	if err != nil {
		t.Fatal(err)
	}
	cached := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "demo", UID: "1", ResourceVersion: "99"}}
	api := fake.NewClientBuilder().WithScheme(scheme).WithObjects(cached).WithStatusSubresource(cached).Build()
	r := New(Deps{Client: api, Live: api})
	if err := api.Get(t.Context(), client.ObjectKeyFromObject(cached), cached); err != nil {
		t.Fatal(err)
	}
	if seen, err := r.current(t.Context(), cached); err != nil || seen != cached {
		t.Fatalf("a store that was never written was read again: %v", err)
	}
	after := cached.DeepCopy()
	after.Status.URL = "http://demo.example"
	if err := r.patchStatus(t.Context(), cached.DeepCopy(), after); err != nil {
		t.Fatal(err)
	}
	seen, err := r.current(t.Context(), cached)
	if err != nil {
		t.Fatal(err)
	}
	if seen.Status.URL != after.Status.URL {
		t.Errorf("the pass starts from status %+v, which is older than the one that was written", seen.Status)
	}
	if again, err := r.current(t.Context(), seen); err != nil || again != seen {
		t.Errorf("a store that is not behind was read again: %v", err)
	}
}
