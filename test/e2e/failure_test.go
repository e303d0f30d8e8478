package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/install"
)

// failure is something that keeps a store from becoming Ready, and its cure.
type failure struct {
	store, reason, says string
	// engine is Medusa where it is empty.
	engine v1alpha1.Engine
	// earlier is the reason of another failure that the store reports first, where there is one.
	earlier string
	// state is that of the store while it fails: Provisioning where it is empty.
	state v1alpha1.State
	// slow failures take a minute each, because the controller starts again; make failures-test asks for them.
	slow bool
	// before and cause act on the cluster: before the store is created, or once its namespace exists, and then until it succeeds.
	before, cause, cure func(ctx context.Context, p *platform, namespace string) error
}

// TestFailuresAreNamedAndHeal lets provisioning fail for real, checks the cause in status and command line, removes it and waits for
// Ready.
func TestFailuresAreNamedAndHeal(t *testing.T) {
	p := connect(t)
	reasons := p.unavailable(t)
	var class storagev1.StorageClass
	if err := p.kube.Get(t.Context(), client.ObjectKey{Name: "standard"}, &class); err != nil {
		t.Fatal(err)
	}
	for _, test := range []failure{
		{
			store: "no-image", reason: v1alpha1.ReasonImagePullFailed, says: "image", slow: true,
			before: func(ctx context.Context, p *platform, _ string) error {
				return p.renameImage(ctx, "/medusa:", "/absent:")
			},
			cure: func(ctx context.Context, p *platform, _ string) error {
				return p.renameImage(ctx, "/absent:", "/medusa:")
			},
		},
		{
			store: "crashing", reason: v1alpha1.ReasonCrashLooping, says: "exit code", slow: true,
			// The cache's image is there, but it is no Medusa.
			before: func(ctx context.Context, p *platform, _ string) error { return p.swapImage(ctx, "medusa", "cache") },
			cure:   func(ctx context.Context, p *platform, _ string) error { return p.restoreCatalog(ctx) },
		},
		{
			store: "no-cpu", reason: v1alpha1.ReasonUnschedulable, says: "cpu",
			before: func(ctx context.Context, p *platform, _ string) error { return p.takeCPU(ctx) },
			cure:   func(ctx context.Context, p *platform, _ string) error { return p.giveCPU(ctx) },
		},
		{
			store: "no-volume", reason: v1alpha1.ReasonVolumeNotBound, says: "volume", state: v1alpha1.StateFailed,
			before: func(ctx context.Context, p *platform, _ string) error { return p.kube.Delete(ctx, class.DeepCopy()) },
			cure: func(ctx context.Context, p *platform, _ string) error {
				class.ResourceVersion, class.UID = "", ""
				return p.kube.Create(ctx, class.DeepCopy())
			},
		},
		{
			store: "full-uploads", reason: v1alpha1.ReasonVolumeFull, says: "full", engine: "woocommerce", state: v1alpha1.StateFailed,
			cause: func(ctx context.Context, p *platform, namespace string) error {
				if err := p.fillVolume(ctx, namespace, "uploads"); err != nil {
					return err
				}
				return p.kube.DeleteAllOf(ctx, &corev1.Pod{}, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/component": "web"})
			},
			cure: func(ctx context.Context, p *platform, namespace string) error {
				return p.emptyVolume(ctx, namespace, "uploads")
			},
		},
	} {
		t.Run(test.store, func(t *testing.T) {
			test.engine = cmp.Or(test.engine, "medusa")
			if reason, found := reasons[test.engine]; found {
				t.Skipf("engine %s is not available here: %s", test.engine, reason)
			}
			if test.slow {
				slowFailure(t)
			}
			p.checkFailure(t, test)
		})
	}
}

func (p *platform) checkFailure(t *testing.T, test failure) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	t.Cleanup(func() { p.remove(t, test.store) })
	cured := false
	cure := func(ctx context.Context, namespace string) {
		if !cured {
			cured = true
			if err := test.cure(ctx, p, namespace); err != nil {
				t.Errorf("remove the cause: %v", err)
			}
		}
	}
	var namespace string
	defer func() { cure(context.WithoutCancel(ctx), namespace) }()
	if test.before != nil {
		if err := test.before(ctx, p, ""); err != nil {
			t.Fatal(err)
		}
	}
	p.must(t, "store", "create", test.store, "--engine", string(test.engine))
	if test.cause != nil {
		eventually(ctx, t, "the namespace exists", func(ctx context.Context) error {
			var store v1alpha1.Store
			if err := p.kube.Get(ctx, client.ObjectKey{Name: test.store}, &store); err != nil {
				return err
			}
			if namespace = store.Status.Namespace; namespace == "" {
				return errors.New("not yet")
			}
			return test.cause(ctx, p, namespace)
		})
	}
	start := time.Now()
	limit, stop := context.WithTimeout(ctx, 3*time.Minute)
	defer stop()
	store, err := p.awaitCause(limit, test)
	if err != nil {
		t.Fatal(err)
	}
	named, cause := time.Since(start), store.Status.Cause
	if cause.Reason != test.reason || !strings.Contains(strings.ToLower(cause.Message), test.says) || len(cause.Chain) == 0 {
		t.Errorf("the cause is %+v; want %s with %q and a chain", cause, test.reason, test.says)
	}
	if want := cmp.Or(test.state, v1alpha1.StateProvisioning); store.State() != want {
		t.Errorf("the store is %s, want %s", store.State(), want)
	}
	t.Logf("%s: %s. %s. Named after %.1f s", cause.Reason, cause.Message, cause.Fix, named.Seconds())
	_, stderr, code := p.shopflow(t, "store", "create", test.store, "--engine", string(test.engine), "--wait", "--timeout", "30s")
	if code != 1 || !strings.Contains(strings.ToLower(stderr), test.says) {
		t.Errorf("the command line ended with %d and said %q", code, stderr)
	}
	cure(ctx, store.Status.Namespace)
	start = time.Now()
	p.waitState(t, test.store, v1alpha1.StateReady, 3*time.Minute)
	t.Logf("Ready %.1f s after the cause was gone", time.Since(start).Seconds())
}

// awaitCause waits until a store has a certain cause other than the earlier one.
func (p *platform) awaitCause(ctx context.Context, test failure) (*v1alpha1.Store, error) {
	store := &v1alpha1.Store{}
	err := poll(ctx, "store "+test.store+" fails", func(ctx context.Context) error {
		if err := p.kube.Get(ctx, client.ObjectKey{Name: test.store}, store); err != nil {
			return err
		}
		if cause := store.Status.Cause; !cause.Certain() || cause.Reason == test.earlier {
			return fmt.Errorf("it is %s because of %+v", store.State(), cause)
		}
		return nil
	})
	return store, err
}

// renameImage changes the name of Medusa's image in the catalog and lets the controller read it again.
func (p *platform) renameImage(ctx context.Context, from, to string) error {
	var catalog corev1.ConfigMap
	if err := p.kube.Get(ctx, client.ObjectKey{Namespace: install.DefaultNamespace, Name: "shopflow-catalog"}, &catalog); err != nil {
		return err
	}
	old := catalog.Data["catalog.yaml"]
	catalog.Data["catalog.yaml"] = strings.ReplaceAll(old, from, to)
	if catalog.Data["catalog.yaml"] == old {
		return fmt.Errorf("%s is not in the catalog: %s", from, old)
	}
	if err := p.kube.Update(ctx, &catalog); err != nil {
		return err
	}
	return p.restartController(ctx)
}

// restartController deletes the controller's pods, so that its Deployment creates new ones.
func (p *platform) restartController(ctx context.Context) error {
	var pods corev1.PodList
	selector := []client.ListOption{client.InNamespace(install.DefaultNamespace), client.MatchingLabels{"app.kubernetes.io/component": "controller"}}
	if err := p.kube.List(ctx, &pods, selector...); err != nil {
		return err
	}
	for i := range pods.Items {
		if err := p.kube.Delete(ctx, &pods.Items[i]); err != nil {
			return err
		}
	}
	return nil
}
