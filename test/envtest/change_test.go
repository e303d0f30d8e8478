package envtest

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
	controller "shopflow.dev/shopflow/internal/controller/store"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/engine/all"
	"shopflow.dev/shopflow/internal/helmrelease"
	"shopflow.dev/shopflow/test/charttest"
)

const newVersion = "99.0.0"

// newer turns a platform into its next version: another version of each engine with other images, other charts and larger plans.
func newer(t *testing.T, deps *controller.Deps) {
	t.Helper()
	brings(t, deps, newVersion, withTemplate)
}

// brings turns a platform into one that has one version of each engine, with other images, changed charts and larger plans. The empty version
// is the same as before.
func brings(t *testing.T, deps *controller.Deps, version string, changed func(*testing.T, fs.FS) fs.FS) {
	t.Helper()
	deps.Charts = map[v1alpha1.Engine]*helmrelease.Chart{}
	for i, one := range deps.Engines.Known {
		images := map[string]string{}
		for _, image := range one.Images {
			images[image.Role] = image.Role + ":2"
		}
		deps.Engines.Catalog.Engines[one.Name] = catalog.Single(cmp.Or(version, one.Version), images)
		chart, err := helmrelease.LoadChart(changed(t, one.Chart))
		if err != nil {
			t.Fatal(err)
		}
		deps.Charts[one.Name] = chart
		plans := map[v1alpha1.Plan]engine.Size{}
		for plan, size := range one.Plans {
			size.Containers = append([]engine.Container{}, size.Containers...)
			for j := range size.Containers {
				size.Containers[j].Resources.MemoryLimit = "3Gi"
			}
			plans[plan] = size
		}
		deps.Engines.Known[i].Plans = plans
	}
}

// withTemplate returns a chart with one more template.
func withTemplate(t *testing.T, chart fs.FS) fs.FS {
	t.Helper()
	return with(t, chart, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\n")
}

// with returns a chart with one more template.
func with(t *testing.T, chart fs.FS, template string) fs.FS {
	t.Helper()
	changed, err := charttest.With(chart, template)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// specs returns the specs of a store's workloads by kind and name, with their generations.
func specs(t *testing.T, p *platform, store *v1alpha1.Store) map[string]any {
	t.Helper()
	var deployments appsv1.DeploymentList
	var sets appsv1.StatefulSetList
	for _, list := range []client.ObjectList{&deployments, &sets} {
		if err := p.List(t.Context(), list, client.InNamespace(store.Status.Namespace)); err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]any{}
	for _, object := range deployments.Items {
		found["Deployment "+object.Name] = []any{object.Generation, object.UID, object.Spec.Template}
	}
	for _, object := range sets.Items {
		found["StatefulSet "+object.Name] = []any{object.Generation, object.UID, object.Spec.Template}
	}
	return found
}

// TestPinnedVersions replaces the platform by its next version: a store that sells keeps running as it was made, with its receipt, and a
// new store gets what is new. Changes that a person asks for are made to what the store runs.
func TestPinnedVersions(t *testing.T) {
	for _, one := range all.Engines() {
		t.Run(string(one.Name), func(t *testing.T) {
			old, stop := startPlatform(t, one.Name, nil)
			old.node.on.Store(true)
			old.create(t, "pinned")
			before := old.await(t, "pinned", v1alpha1.Ready, metav1.ConditionTrue)
			running := specs(t, old, before)
			stop()

			p, stop := startPlatform(t, one.Name, func(deps *controller.Deps) { newer(t, deps) })
			t.Cleanup(func() {
				stop()
				p.abandon(t)
			})
			p.provision(t)
			p.node.on.Store(true)
			after := p.await(t, "pinned", v1alpha1.VersionOffered, metav1.ConditionFalse)
			if after.State() != v1alpha1.StateReady || after.Status.Version != one.Version || before.Status.Version != one.Version {
				t.Errorf("the store is %s with version %s", after.State(), after.Status.Version)
			}
			if message := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.VersionOffered).Message; !strings.Contains(message, one.Version) {
				t.Errorf("the condition says %q", message)
			}
			if diff := gocmp.Diff(before.Status.Receipt, after.Status.Receipt); diff != "" {
				t.Errorf("receipt (-before +after):\n%s", diff)
			}
			if diff := gocmp.Diff(running, specs(t, p, after)); diff != "" {
				t.Errorf("workloads (-before +after):\n%s", diff)
			}
			if after.Status.Release.Revision != 1 || len(p.buyer.sales()) != 0 {
				t.Errorf("revision %d after %d sales", after.Status.Release.Revision, len(p.buyer.sales()))
			}

			p.create(t, "fresh")
			if fresh := p.await(t, "fresh", v1alpha1.Ready, metav1.ConditionTrue); fresh.Status.Version != newVersion {
				t.Errorf("a new store has version %s", fresh.Status.Version)
			}

			p.change(t, "pinned", `{"plan":"medium"}`)
			changed := p.awaitRevision(t, "pinned", 2)
			if diff := gocmp.Diff(before.Status.Release.Images, changed.Status.Release.Images); diff != "" {
				t.Errorf("images after a change of the plan (-before +after):\n%s", diff)
			}
			added := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: changed.Status.Namespace, Name: "new"}}
			if err := p.gone(t.Context(), added); err != nil {
				t.Errorf("the plan was changed with another chart: %v", err)
			}
		})
	}
}

// addNode adds a node with so much CPU until it is removed, at the latest when the test ends.
func (p *platform) addNode(t *testing.T, name, cpu string) (remove func()) {
	t.Helper()
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := p.Create(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	remove = sync.OnceFunc(func() {
		if err := p.Delete(context.Background(), node); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(remove)
	// A patch, because the cluster's own controllers change new nodes as well.
	allocatable := fmt.Appendf(nil, `{"status":{"allocatable":{"cpu":%q,"memory":"1Gi"}}}`, cpu)
	if err := p.Status().Patch(t.Context(), node, client.RawPatch(types.MergePatchType, allocatable)); err != nil {
		t.Fatal(err)
	}
	return remove
}

// change patches the spec of a store.
func (p *platform) change(t *testing.T, name, spec string) {
	t.Helper()
	store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := p.Patch(t.Context(), store, client.RawPatch(types.MergePatchType, []byte(`{"spec":`+spec+`}`))); err != nil {
		t.Fatal(err)
	}
}

// TestChangesOfAStoreThatSells asks a store for other things than it has: what is possible is done, without another sale, and what is
// not is refused as a whole.
func TestChangesOfAStoreThatSells(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		p.provision(t)
		p.node.on.Store(true)
		p.create(t, "demo")
		before := p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		p.change(t, "demo", `{"plan":"large"}`)
		large := p.awaitRevision(t, "demo", 2)
		if large.Status.Release.Plan != v1alpha1.PlanLarge {
			t.Errorf("the plan is %s", large.Status.Release.Plan)
		}
		if large.Status.Receipt.Digest != before.Status.Receipt.Digest || len(p.buyer.sales()) != 1 {
			t.Errorf("the receipt was void after %d sales", len(p.buyer.sales()))
		}
		running := specs(t, p, large)

		// A plan that no node has room for.
		removeNode := p.addNode(t, "tiny", "10m")
		p.change(t, "demo", `{"plan":"medium"}`)
		short := p.await(t, "demo", v1alpha1.Updated, metav1.ConditionFalse)
		if message := meta.FindStatusCondition(short.Status.Conditions, v1alpha1.Updated).Message; !strings.Contains(message, "No node has room") {
			t.Errorf("the refusal says %q", message)
		}
		if diff := gocmp.Diff(running, specs(t, p, short)); diff != "" || short.State() != v1alpha1.StateReady {
			t.Errorf("the store is %s (-before +after):\n%s", short.State(), diff)
		}
		p.change(t, "demo", `{"plan":"large"}`)
		p.await(t, "demo", v1alpha1.Updated, metav1.ConditionTrue)

		p.change(t, "demo", `{"version":"1.0.0","displayName":"Never","plan":"small"}`)
		refused := p.await(t, "demo", v1alpha1.Updated, metav1.ConditionFalse)
		if message := meta.FindStatusCondition(refused.Status.Conditions, v1alpha1.Updated).Message; !strings.Contains(message, "1.0.0") || refused.State() != v1alpha1.StateReady {
			t.Errorf("the store is %s; the refusal says %q", refused.State(), message)
		}
		if diff := gocmp.Diff(running, specs(t, p, refused)); diff != "" || refused.Status.Release.Revision != 2 {
			t.Errorf("a refused change made revision %d (-before +after):\n%s", refused.Status.Release.Revision, diff)
		}
		p.change(t, "demo", `{"version":null,"displayName":"A shop","plan":"large"}`)
		p.await(t, "demo", v1alpha1.Updated, metav1.ConditionTrue)

		removeNode()
		p.change(t, "demo", `{"plan":"small"}`)
		small := p.awaitRevision(t, "demo", 3)
		eventually(t, "the quota to be that of the smaller plan again", func(ctx context.Context) error {
			var quota corev1.ResourceQuota
			if err := p.Get(ctx, client.ObjectKey{Namespace: small.Status.Namespace, Name: "plan"}, &quota); err != nil {
				return err
			}
			total := p.recipe(t, small).Size.Total()
			if limit := quota.Spec.Hard[corev1.ResourceLimitsMemory]; limit.Cmp(total.MemoryLimit) != 0 {
				return fmt.Errorf("it allows %s of memory, want %s", limit.String(), total.MemoryLimit.String())
			}
			return nil
		})
	})
}
