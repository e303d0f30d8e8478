package envtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	controller "shopflow.dev/shopflow/internal/controller/store"
	"shopflow.dev/shopflow/internal/engine/all"
	"shopflow.dev/shopflow/internal/shopper"
)

// soldBefore creates a store that sells on a platform, and replaces that by one with other images and charts for the same version.
func soldBefore(t *testing.T, engine v1alpha1.Engine, changed func(*testing.T, fs.FS) fs.FS) (p *platform, before *v1alpha1.Store, running map[string]any) {
	t.Helper()
	old, stop := startPlatform(t, engine, nil)
	old.node.on.Store(true)
	old.create(t, "demo")
	old.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
	before = old.awaitClaims(t, "demo")
	running = specs(t, old, before)
	stop()
	p, stop = startPlatform(t, engine, func(deps *controller.Deps) { brings(t, deps, "", changed) })
	t.Cleanup(func() {
		stop()
		p.abandon(t)
	})
	p.provision(t)
	p.node.on.Store(true)
	p.awaitReason(t, "demo", v1alpha1.UpToDate, v1alpha1.ReasonOutdated)
	return p, before, running
}

// requestRefresh asks for a refresh as kubectl does.
func requestRefresh(t *testing.T, objects client.Client, name string) {
	t.Helper()
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationRefreshAt, time.Now().Format(time.RFC3339Nano))
	if err := objects.Patch(t.Context(), &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}}, client.RawPatch(types.MergePatchType, patch)); err != nil {
		t.Fatal(err)
	}
}

// awaitRefreshed waits until a refresh that was requested has ended.
func (p *platform) awaitRefreshed(t *testing.T, name string) *v1alpha1.Store {
	t.Helper()
	store := &v1alpha1.Store{}
	eventually(t, "the refresh of "+name+" to end", func(ctx context.Context) error {
		if err := p.Get(ctx, client.ObjectKey{Name: name}, store); err != nil {
			return err
		}
		if refresh := store.RequestedRefresh(); refresh == nil || refresh.EndedAt == nil || store.State() != v1alpha1.StateReady {
			return fmt.Errorf("it is %s: %+v %+v", store.State(), refresh, store.Status.Conditions)
		}
		return nil
	})
	return store
}

// TestARefreshBringsFixes gives a store that sells what the platform brings: the same shop, checked. A change that is asked for meanwhile
// comes after it.
func TestARefreshBringsFixes(t *testing.T) {
	for _, one := range all.Engines() {
		t.Run(string(one.Name), func(t *testing.T) {
			p, before, _ := soldBefore(t, one.Name, withTemplate)
			p.change(t, "demo", `{"plan":"medium"}`)
			changed := p.awaitRevision(t, "demo", 2)
			p.buyer.fail(nil, errors.New("the shop is closed"))
			requestRefresh(t, p, "demo")
			p.awaitReason(t, "demo", v1alpha1.UpToDate, v1alpha1.ReasonRefreshing)
			p.change(t, "demo", `{"plan":"large"}`)
			waiting := p.awaitReason(t, "demo", v1alpha1.Updated, v1alpha1.ReasonChanging)
			if waiting.Status.Release.Plan != v1alpha1.PlanMedium {
				t.Errorf("while it is refreshed, the store gets plan %s", waiting.Status.Release.Plan)
			}
			p.buyer.fail(nil, nil)
			after := p.awaitRevision(t, "demo", 4)
			p.awaitReason(t, "demo", v1alpha1.Updated, v1alpha1.ReasonSucceeded)
			p.awaitReason(t, "demo", v1alpha1.UpToDate, v1alpha1.ReasonSucceeded)
			for role, image := range after.Status.Release.Images {
				if image != role+":2" {
					t.Errorf("the image for %s is %s", role, image)
				}
			}
			added := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: after.Status.Namespace, Name: "new"}}
			if err := p.Get(t.Context(), client.ObjectKeyFromObject(added), added); err != nil {
				t.Errorf("the chart is not today's: %v", err)
			}
			receipt := after.Status.Receipt
			if receipt.OrderNumber != before.Status.Receipt.OrderNumber || receipt.Digest == before.Status.Receipt.Digest || len(p.buyer.sales()) != 0 {
				t.Errorf("receipt %+v, was %+v, after %d more proofs", receipt, before.Status.Receipt, len(p.buyer.sales()))
			}
			if diff := cmp.Diff(before.Status.Claims, after.Status.Claims); diff != "" || after.Status.Version != one.Version {
				t.Errorf("version %s, claims (-before +after):\n%s", after.Status.Version, diff)
			}
			if refresh := after.Status.Refresh; refresh.Failure != "" || refresh.EndedAt == nil || changed.Status.Refresh != nil {
				t.Errorf("the status says %+v of the refresh, said %+v before", refresh, changed.Status.Refresh)
			}
			requestRefresh(t, p, "demo")
			if again := p.awaitRefreshed(t, "demo"); again.Status.Release.Revision != 4 {
				t.Errorf("a refresh with nothing to do made revision %d", again.Status.Release.Revision)
			}
		})
	}
}

// TestARefreshThatDoesNotSellGoesBack refreshes a store that does not sell with it: it is what it was before, and says why. Asked again when
// the fault is gone, it succeeds.
func TestARefreshThatDoesNotSellGoesBack(t *testing.T) {
	for _, one := range all.Engines() {
		t.Run(string(one.Name), func(t *testing.T) {
			p, before, running := soldBefore(t, one.Name, withTemplate)
			p.buyer.fail(nil, &shopper.StepError{Step: shopper.StepOrder, Status: 500, Answer: "no such table", Err: errors.New("status 500")})
			requestRefresh(t, p, "demo")
			back := p.awaitRefreshed(t, "demo")
			if failure := back.Status.Refresh.Failure; !strings.Contains(failure, "no such table") {
				t.Errorf("the refresh failed because %q", failure)
			}
			p.verifyBack(t, before, back, running)
			p.buyer.fail(nil, nil)
			requestRefresh(t, p, "demo")
			if again := p.awaitRefreshed(t, "demo"); again.Status.Refresh.Failure != "" || again.Status.Release.Images["database"] != "database:2" {
				t.Errorf("the second refresh ended with %+v and images %v", again.Status.Refresh, again.Status.Release.Images)
			}
		})
	}
}

// verifyBack fails the test unless a store is what it was before its refresh.
func (p *platform) verifyBack(t *testing.T, before, back *v1alpha1.Store, running map[string]any) {
	t.Helper()
	if diff := cmp.Diff(templatesOf(running), templatesOf(specs(t, p, back))); diff != "" {
		t.Errorf("workloads (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before.Status.Receipt, back.Status.Receipt); diff != "" {
		t.Errorf("receipt (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before.Status.Release.Images, back.Status.Release.Images); diff != "" || back.Status.Release.Digest != before.Status.Release.Digest {
		t.Errorf("digest %s, was %s; images (-before +after):\n%s", back.Status.Release.Digest, before.Status.Release.Digest, diff)
	}
	added := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: back.Status.Namespace, Name: "new"}}
	if err := p.gone(t.Context(), added); err != nil {
		t.Errorf("what the newer chart added is still there: %v", err)
	}
	condition := meta.FindStatusCondition(back.Status.Conditions, v1alpha1.UpToDate)
	if condition.Reason != v1alpha1.ReasonRefreshFailed || !strings.HasSuffix(condition.Message, back.Status.Refresh.Failure) {
		t.Errorf("the condition is %+v", condition)
	}
}

// templatesOf returns the pod templates alone of what specs found.
func templatesOf(found map[string]any) map[string]any {
	templates := map[string]any{}
	for name, parts := range found {
		all, _ := parts.([]any)
		templates[name] = all[len(all)-1]
	}
	return templates
}

// TestRefreshesThatCannotBeMade refreshes a store with a chart that the cluster refuses half-way, and one whose version is no longer there.
func TestRefreshesThatCannotBeMade(t *testing.T) {
	t.Run("RefusedHalfWay", func(t *testing.T) {
		p, before, running := soldBefore(t, "medusa", func(t *testing.T, chart fs.FS) fs.FS {
			return with(t, chart, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: new}\nspec: {rules: [{host: 'not a host'}]}\n")
		})
		requestRefresh(t, p, "demo")
		back := p.awaitRefreshed(t, "demo")
		if failure := back.Status.Refresh.Failure; !strings.Contains(failure, `"new" is invalid`) || strings.Contains(failure, "Fix") {
			t.Errorf("the refresh failed because %q", failure)
		}
		p.verifyBack(t, before, back, running)
	})
	t.Run("NotOffered", func(t *testing.T) {
		old, stop := startPlatform(t, "medusa", nil)
		old.node.on.Store(true)
		old.create(t, "demo")
		old.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		stop()
		p, stop := startPlatform(t, "medusa", func(deps *controller.Deps) { newer(t, deps) })
		t.Cleanup(func() {
			stop()
			p.abandon(t)
		})
		p.node.on.Store(true)
		requestRefresh(t, p, "demo")
		refused := p.awaitRefreshed(t, "demo")
		if refused.Status.Release.Revision != 1 || !strings.Contains(refused.Status.Refresh.Failure, "not available") {
			t.Errorf("revision %d, refresh %+v", refused.Status.Release.Revision, refused.Status.Refresh)
		}
		p.awaitReason(t, "demo", v1alpha1.UpToDate, v1alpha1.ReasonVersionNotOffered)
	})
}

// TestKilledAtEachWriteOfARefresh kills the controller at each write of a refresh, and at each write of the way back. In the end the store is
// what the platform brings, or what it was before, never a third.
func TestKilledAtEachWriteOfARefresh(t *testing.T) {
	t.Parallel()
	objects := newClient(t)
	today := func(config *rest.Config) controller.Deps {
		deps := depsFor(t, config, &fakeBuyer{})
		brings(t, &deps, "", withTemplate)
		return deps
	}
	for limit := int64(0); ; limit++ {
		name := fmt.Sprintf("refreshed-%d", limit)
		store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Engine: "medusa", DisplayName: "Mine"}}
		if err := objects.Create(t.Context(), store); err != nil {
			t.Fatal(err)
		}
		life(t, plane, new(atomic.Bool), name, released(objects, name))
		declareSold(t, objects, name)
		before := stateOf(t, objects, store)

		requestRefresh(t, objects, name)
		config, forth := mortalConfig(limit)
		lifeOf(t, today(config), &forth.dead, name, runs(objects, name, "medusa:2"))
		lifeOf(t, today(plane), new(atomic.Bool), name, runs(objects, name, "medusa:2"))
		checkOnce(t, objects, store, "", limit)
		refreshed := stateOf(t, objects, store)

		declareUnsold(t, objects, name)
		config, back := mortalConfig(limit)
		lifeOf(t, today(config), &back.dead, name, runs(objects, name, "medusa:1"))
		lifeOf(t, today(plane), new(atomic.Bool), name, runs(objects, name, "medusa:1"))
		checkOnce(t, objects, store, "", limit)
		if diff := cmp.Diff(before, stateOf(t, objects, store)); diff != "" || cmp.Equal(before, refreshed) {
			t.Errorf("killed at write %d: (-before +after)\n%s", limit, diff)
		}
		abandon(t, objects, store)
		if !forth.dead.Load() && !back.dead.Load() {
			t.Logf("a refresh needs %d writes, and the way back %d", forth.writes.Load(), back.writes.Load())
			return
		}
	}
}

// runs returns a check that a store's server runs an image.
func runs(objects client.Client, name, image string) func(context.Context) error {
	return func(ctx context.Context) error {
		var store v1alpha1.Store
		if err := objects.Get(ctx, client.ObjectKey{Name: name}, &store); err != nil {
			return err
		}
		if release := store.Status.Release; !meta.IsStatusConditionTrue(store.Status.Conditions, v1alpha1.Released) || release.Images["medusa"] != image {
			return fmt.Errorf("release %+v, %+v", release, store.Status.Conditions)
		}
		return nil
	}
}

// declareUnsold notes what the controller would if the store did not sell after its refresh.
func declareUnsold(t *testing.T, objects client.Client, name string) {
	t.Helper()
	patch := client.RawPatch(types.MergePatchType, []byte(`{"status":{"refresh":{"failure":"It did not sell"}}}`))
	if err := objects.Status().Patch(t.Context(), &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}}, patch); err != nil {
		t.Fatal(err)
	}
}
