package envtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// TestDataThatIsLost deletes the namespace of a store that has sold: no empty shop takes its place until a person has accepted that.
func TestDataThatIsLost(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		p.node.on.Store(true)
		p.create(t, "demo")
		p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		before := p.awaitClaims(t, "demo")
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: before.Status.Namespace}}
		if err := p.Delete(t.Context(), namespace); err != nil {
			t.Fatal(err)
		}
		lost := p.awaitState(t, "demo", v1alpha1.StateDataLost)
		names := slices.Sorted(maps.Keys(before.Status.Claims))
		eventually(t, "the store to name all that is lost", func(ctx context.Context) error {
			if err := p.Get(ctx, client.ObjectKeyFromObject(lost), lost); err != nil || !slices.Equal(lost.Status.DataLoss.Claims, names) {
				return fmt.Errorf("lost are %v of %v: %w", lost.Status.DataLoss.Claims, names, err)
			}
			return nil
		})
		ready := meta.FindStatusCondition(lost.Status.Conditions, v1alpha1.Ready)
		if ready.Status != metav1.ConditionFalse || ready.Reason != v1alpha1.ReasonDataLost {
			t.Errorf("Ready is %+v", ready)
		}
		if !strings.Contains(lost.Status.Cause.Fix, "shopflow store reset") {
			t.Errorf("the fix is %q", lost.Status.Cause.Fix)
		}
		// A change of the spec is a pass over the store, which must not make it again either.
		p.change(t, "demo", `{"plan":"medium"}`)
		eventually(t, "another pass", func(ctx context.Context) error {
			if err := p.Get(ctx, client.ObjectKeyFromObject(lost), lost); err != nil || lost.Status.ObservedGeneration != lost.Generation {
				return fmt.Errorf("generation %d of %d: %w", lost.Status.ObservedGeneration, lost.Generation, err)
			}
			return p.gone(ctx, namespace)
		})
		if lost.State() != v1alpha1.StateDataLost {
			t.Errorf("the store is %s", lost.State())
		}

		p.acceptLoss(t, lost)
		again := p.awaitState(t, "demo", v1alpha1.StateReady)
		if !again.Status.Receipt.SoldAt.After(before.Status.Receipt.SoldAt.Time) {
			t.Errorf("the receipt is the old one: %+v", again.Status.Receipt)
		}
		again = p.awaitClaims(t, "demo")
		for name, uid := range again.Status.Claims {
			if before.Status.Claims[name] == uid {
				t.Errorf("claim %s is the old one", name)
			}
		}
	})
}

// TestNothingIsRememberedOfAStoreThatHasNotSold deletes the namespace of a store that is still being made: it is made again.
func TestNothingIsRememberedOfAStoreThatHasNotSold(t *testing.T) {
	p := newPlatform(t, "medusa")
	p.create(t, "demo")
	before := p.await(t, "demo", v1alpha1.Released, metav1.ConditionTrue)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: before.Status.Namespace}}
	if err := p.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace); err != nil {
		t.Fatal(err)
	}
	old := namespace.UID
	if err := p.Delete(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the namespace to be made again", func(ctx context.Context) error {
		if err := p.Get(ctx, client.ObjectKeyFromObject(namespace), namespace); err != nil {
			return err
		}
		if namespace.UID == old {
			return fmt.Errorf("it is the old one")
		}
		return nil
	})
	p.node.on.Store(true)
	p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
}

// acceptLoss lets a store start without the data that it has lost.
func (p *platform) acceptLoss(t *testing.T, store *v1alpha1.Store) {
	t.Helper()
	accepted := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationStartEmptyAt, time.Now().UTC().Add(time.Second).Format(time.RFC3339Nano))
	if err := p.Patch(t.Context(), store, client.RawPatch(types.MergePatchType, []byte(accepted))); err != nil {
		t.Fatal(err)
	}
}

// awaitClaims waits until a store remembers its claims.
func (p *platform) awaitClaims(t *testing.T, name string) *v1alpha1.Store {
	t.Helper()
	store := &v1alpha1.Store{}
	eventually(t, "store "+name+" to remember two claims", func(ctx context.Context) error {
		if err := p.Get(ctx, client.ObjectKey{Name: name}, store); err != nil {
			return err
		}
		if len(store.Status.Claims) != 2 {
			return fmt.Errorf("it remembers %v", store.Status.Claims)
		}
		return nil
	})
	return store
}

// awaitState waits until people see a store in a state.
func (p *platform) awaitState(t *testing.T, name string, state v1alpha1.State) *v1alpha1.Store {
	t.Helper()
	store := &v1alpha1.Store{}
	eventually(t, fmt.Sprintf("store %s to be %s", name, state), func(ctx context.Context) error {
		if err := p.Get(ctx, client.ObjectKey{Name: name}, store); err != nil {
			return err
		}
		if store.State() != state {
			return fmt.Errorf("it is %s: %+v", store.State(), store.Status.Conditions)
		}
		return nil
	})
	return store
}
