package e2e

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
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/catalog"
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/engine/all"
	"shopflow.dev/shopflow/test/charttest"
)

// TestRefreshUnderCustomers brings a newer platform while customers buy, which alone changes nothing, and refreshes the store: with a database that cannot start, from which it goes back, and with
// other resources for every container, which it keeps. No order that was acknowledged is lost.
func TestRefreshUnderCustomers(t *testing.T) {
	slowChange(t)
	eachEngine(t, testRefreshUnderCustomers)
}

func testRefreshUnderCustomers(t *testing.T, p *platform, k kind) {
	const name = "refreshed"
	p.create(t, k.engine, name)
	before := p.store(t, name)
	p.pauseController(t)
	book := p.openBook(t, k, name, 15*time.Minute)
	book.sells(t, "before the refresh")

	t.Run("Stays", func(t *testing.T) { testStaysAsItIs(t, p, k, name, before) })
	book.sells(t, "with a newer platform")

	t.Run("GoesBack", func(t *testing.T) {
		p.controlWith(t, all.Engines(), func(software catalog.Catalog) {
			offer := software.Engines[k.engine]
			images := maps.Clone(offer.Versions[offer.Default].Images)
			images[engine.Database] = "localhost/shopflow/none:1"
			software.Engines[k.engine] = catalog.Single(offer.Default, images)
		})
		p.awaitOutdated(t, name)
		_, stderr, code := p.shopflow(t, "store", "update", name, "--refresh", "--wait")
		if code == 0 || !strings.Contains(stderr, "it runs what it ran before: Cannot pull image localhost/shopflow/none:1") {
			t.Errorf("the refresh ended with %d: %s", code, stderr)
		}
		book.sells(t, "after it went back")
		back := p.store(t, name)
		if back.Status.Release.Digest != before.Status.Release.Digest || back.Status.Receipt.Digest != before.Status.Receipt.Digest {
			t.Errorf("release %+v, was %+v", back.Status.Release, before.Status.Release)
		}
		t.Logf("no order for %.1f s", book.longestPause().Seconds())
	})
	t.Run("Succeeds", func(t *testing.T) {
		engines := all.Engines()
		for i := range engines {
			for _, size := range engines[i].Plans {
				for j := range size.Containers {
					size.Containers[j].Resources.CPULimit = "1900m"
				}
			}
		}
		p.controlWith(t, engines, func(catalog.Catalog) {})
		p.awaitOutdated(t, name)
		p.must(t, "store", "update", name, "--refresh", "--wait")
		book.sells(t, "after the refresh")
		after := p.store(t, name)
		if after.Status.Receipt.OrderNumber != before.Status.Receipt.OrderNumber || after.Status.Release.Digest == before.Status.Release.Digest {
			t.Errorf("receipt %+v, release %+v", after.Status.Receipt, after.Status.Release)
		}
		if !meta.IsStatusConditionTrue(after.Status.Conditions, v1alpha1.Checked) || !meta.IsStatusConditionTrue(after.Status.Conditions, v1alpha1.UpToDate) {
			t.Errorf("conditions %+v", after.Status.Conditions)
		}
		p.verifyCPULimit(t, after.Status.Namespace, "1900m")
		t.Logf("no order for %.1f s", book.longestPause().Seconds())
	})
	book.close(t)
}

// testStaysAsItIs brings another default version, other charts and other sizes: the store keeps all that it runs, and a new one gets what is
// new.
func testStaysAsItIs(t *testing.T, p *platform, k kind, name string, before *v1alpha1.Store) {
	t.Helper()
	pods, engines := p.podUIDs(t, before.Status.Namespace), all.Engines()
	for i := range engines {
		chart, err := charttest.With(engines[i].Chart, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\n")
		if err != nil {
			t.Fatal(err)
		}
		engines[i].Chart = chart
	}
	p.controlWith(t, engines, func(software catalog.Catalog) {
		offer := software.Engines[k.engine]
		software.Engines[k.engine] = catalog.Single("99.0.0", offer.Versions[offer.Default].Images)
	})
	const fresh = "fresh"
	t.Cleanup(func() { p.remove(t, fresh) })
	store := &v1alpha1.Store{Spec: v1alpha1.StoreSpec{Engine: k.engine}}
	store.Name = fresh
	if err := p.kube.Create(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	if made := p.waitState(t, fresh, v1alpha1.StateReady, 3*time.Minute); made.Status.Version != "99.0.0" {
		t.Errorf("a new store has version %s", made.Status.Version)
	}
	added := &corev1.ConfigMap{}
	added.Namespace, added.Name = p.store(t, fresh).Status.Namespace, "new"
	if err := p.kube.Get(t.Context(), client.ObjectKeyFromObject(added), added); err != nil {
		t.Errorf("a new store has not the newer chart: %v", err)
	}
	after := p.store(t, name)
	if offered := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.VersionOffered); offered == nil || offered.Status != metav1.ConditionFalse {
		t.Errorf("whether the version is offered: %+v", offered)
	}
	if after.State() != v1alpha1.StateReady || after.Status.Release.Digest != before.Status.Release.Digest || after.Status.Receipt.Digest != before.Status.Receipt.Digest {
		t.Errorf("the store is %s with release %+v", after.State(), after.Status.Release)
	}
	if now := p.podUIDs(t, before.Status.Namespace); !slices.Equal(pods, now) || p.restarts(t, before.Status.Namespace) != 0 {
		t.Errorf("pods %v, were %v; %d restarts", now, pods, p.restarts(t, before.Status.Namespace))
	}
}

// restarts counts how often containers of a namespace were started again.
func (p *platform) restarts(t *testing.T, namespace string) (count int32) {
	t.Helper()
	var pods corev1.PodList
	if err := p.kube.List(t.Context(), &pods, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods.Items {
		for _, container := range pod.Status.ContainerStatuses {
			count += container.RestartCount
		}
	}
	return count
}

// awaitOutdated waits until a controller has noticed that it brings something newer.
func (p *platform) awaitOutdated(t *testing.T, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	eventually(ctx, t, name+" is outdated", func(ctx context.Context) error {
		var store v1alpha1.Store
		if err := p.kube.Get(ctx, client.ObjectKey{Name: name}, &store); err != nil {
			return err
		}
		condition := meta.FindStatusCondition(store.Status.Conditions, v1alpha1.UpToDate)
		if condition == nil || condition.Reason != v1alpha1.ReasonOutdated && condition.Reason != v1alpha1.ReasonRefreshFailed {
			return fmt.Errorf("the condition is %+v", condition)
		}
		return nil
	})
}

// verifyCPULimit fails the test unless every container may use so much.
func (p *platform) verifyCPULimit(t *testing.T, namespace, limit string) {
	t.Helper()
	var pods corev1.PodList
	if err := p.kube.List(t.Context(), &pods, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods.Items {
		for _, container := range pod.Spec.Containers {
			if pod.DeletionTimestamp == nil && container.Resources.Limits.Cpu().Cmp(resource.MustParse(limit)) != 0 {
				t.Errorf("container %s may use %s of CPU, want %s", container.Name, container.Resources.Limits.Cpu(), limit)
			}
		}
	}
}
