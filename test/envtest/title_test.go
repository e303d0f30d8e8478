package envtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/shopper"
)

// awaitReason waits until a condition has a reason, and returns the store.
func (p *platform) awaitReason(t *testing.T, name, condition, reason string) *v1alpha1.Store {
	t.Helper()
	store := &v1alpha1.Store{}
	eventually(t, fmt.Sprintf("%s of %s to be %s", condition, name, reason), func(ctx context.Context) error {
		if err := p.Get(ctx, client.ObjectKey{Name: name}, store); err != nil {
			return err
		}
		found := meta.FindStatusCondition(store.Status.Conditions, condition)
		if found == nil || found.Reason != reason || store.Status.ObservedGeneration != store.Generation {
			return fmt.Errorf("it is %+v in generation %d of %d", found, store.Status.ObservedGeneration, store.Generation)
		}
		return nil
	})
	return store
}

// TestTheTitleOfAStoreThatSells changes it: the shop is told, nothing is restarted, no receipt is void, and the shop is checked.
func TestTheTitleOfAStoreThatSells(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		p.node.on.Store(true)
		p.create(t, "demo")
		before := p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		if before.Status.Title != "A shop" || before.Status.Check == nil || p.buyer.title != "" {
			t.Errorf("a new store has title %q and check %+v; it was told %q", before.Status.Title, before.Status.Check, p.buyer.title)
		}
		running := specs(t, p, before)

		p.buyer.fail(errors.New("the shop is closed"), nil)
		p.change(t, "demo", `{"displayName":"Fern & Flint"}`)
		waiting := p.awaitReason(t, "demo", v1alpha1.Updated, v1alpha1.ReasonChanging)
		if waiting.State() != v1alpha1.StateReady || waiting.Status.Title != "A shop" {
			t.Errorf("while the title is changed the store is %s and has title %q", waiting.State(), waiting.Status.Title)
		}
		p.buyer.fail(nil, nil)
		p.awaitReason(t, "demo", v1alpha1.Updated, v1alpha1.ReasonSucceeded)
		after := p.awaitReason(t, "demo", v1alpha1.Checked, v1alpha1.ReasonSucceeded)
		if after.Status.Title != "Fern & Flint" || p.buyer.title != "Fern & Flint" {
			t.Errorf("the title is %q, and the shop was told %q", after.Status.Title, p.buyer.title)
		}
		if diff := cmp.Diff(running, specs(t, p, after)); diff != "" {
			t.Errorf("the title has changed workloads (-before +after):\n%s", diff)
		}
		if after.Status.Check.Digest != after.Status.Release.Digest || after.Status.Check.Milliseconds != 1000 {
			t.Errorf("check %+v of release %s", after.Status.Check, after.Status.Release.Digest)
		}
		if diff := cmp.Diff(before.Status.Receipt, after.Status.Receipt); diff != "" || len(p.buyer.sales()) != 1 {
			t.Errorf("%d proofs; the receipt differs (-before +after):\n%s", len(p.buyer.sales()), diff)
		}
		p.verifyTokens(t, after.Status.Namespace)
	})
}

// verifyTokens compares what the shop was shown with the machine's Secret, before and after its token is rotated.
func (p *platform) verifyTokens(t *testing.T, namespace string) {
	t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: v1alpha1.MachineSecret}}
	read := func(ctx context.Context) (token, previous string, err error) {
		err = p.Get(ctx, client.ObjectKeyFromObject(secret), secret)
		return string(secret.Data[v1alpha1.KeyToken]), string(secret.Data[v1alpha1.KeyPreviousToken]), err
	}
	first, none, err := read(t.Context())
	if err != nil || len(first) != 43 || none != "" || !slices.Equal(p.buyer.tokens, []string{first}) {
		t.Errorf("tokens of %d and %d characters (%v), not those that were shown", len(first), len(none), err)
	}
	old := `{"metadata":{"annotations":{"shopflow.dev/rotated-at":"2026-01-01T00:00:00Z"}}}`
	if err := p.Patch(t.Context(), secret, client.RawPatch(types.MergePatchType, []byte(old))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the token to be rotated", func(ctx context.Context) error {
		if token, previous, err := read(ctx); err != nil || token == first || previous != first {
			return fmt.Errorf("the token is the old one (%w)", err)
		}
		return nil
	})
}

// TestChecksThatDoNotPass checks stores whose owners sell nothing, and one that is broken: each is named, and stays Ready.
func TestChecksThatDoNotPass(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		p.provision(t)
		p.node.on.Store(true)
		p.create(t, "demo")
		p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		p.buyer.fail(nil, &shopper.CannotCheckError{Err: &shopper.StepError{Step: shopper.StepProducts, Err: shopper.ErrSoldOut}})
		p.change(t, "demo", `{"plan":"medium"}`)
		sold := p.awaitReason(t, "demo", v1alpha1.Checked, v1alpha1.ReasonCannotCheck)
		if message := meta.FindStatusCondition(sold.Status.Conditions, v1alpha1.Checked).Message; !strings.Contains(message, "no product in stock") {
			t.Errorf("the condition says %q", message)
		}
		p.buyer.fail(nil, &shopper.StepError{Step: shopper.StepOrder, Status: 500, Answer: "deadlock detected", Err: errors.New("status 500")})
		p.change(t, "demo", `{"plan":"large"}`)
		broken := p.awaitReason(t, "demo", v1alpha1.Checked, v1alpha1.ReasonCheckFailed)
		if message := meta.FindStatusCondition(broken.Status.Conditions, v1alpha1.Checked).Message; !strings.Contains(message, "deadlock detected") {
			t.Errorf("the condition says %q", message)
		}
		for _, store := range []*v1alpha1.Store{sold, broken} {
			if store.State() != v1alpha1.StateReady || store.Status.Receipt == nil {
				t.Errorf("the store is %s with receipt %+v", store.State(), store.Status.Receipt)
			}
		}
		p.buyer.fail(nil, nil)
		p.awaitReason(t, "demo", v1alpha1.Checked, v1alpha1.ReasonSucceeded)
	})
}
