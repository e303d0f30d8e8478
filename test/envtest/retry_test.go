package envtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	controller "shopflow.dev/shopflow/internal/controller/store"
	"shopflow.dev/shopflow/internal/diagnose"
)

// manualClock is a clock that only the test moves: no pause ends on its own.
type manualClock struct {
	clock.PassiveClock
	now time.Time
}

func (c *manualClock) Now() time.Time                       { return c.now }
func (c *manualClock) Since(moment time.Time) time.Duration { return c.now.Sub(moment) }

// manualStore is a store whose controller runs a pass when the test says so.
type manualStore struct {
	client.Client
	controller *controller.Reconciler
	clock      *manualClock
	store      *v1alpha1.Store
}

func newManualStore(t *testing.T, name string) *manualStore {
	t.Helper()
	p := &manualStore{Client: newClient(t), clock: &manualClock{now: time.Now()}}
	deps := depsFor(t, plane, &fakeBuyer{})
	deps.Clock = p.clock
	p.controller = controller.New(deps)
	p.store = &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Engine: "medusa"}}
	return p
}

// pass runs one pass over the store.
func (p *manualStore) pass(ctx context.Context) error {
	if err := p.Get(ctx, client.ObjectKeyFromObject(p.store), p.store); err != nil {
		return err
	}
	// With an error the controller requests another pass, so only the store's status matters.
	_, failed := p.controller.Reconcile(ctx, p.store)
	if err := p.Get(ctx, client.ObjectKeyFromObject(p.store), p.store); err != nil {
		return fmt.Errorf("%w after %w", err, failed)
	}
	return nil
}

// requestRetry requests a retry, after every moment that the clock has shown.
func (p *manualStore) requestRetry(t *testing.T) {
	t.Helper()
	p.clock.now = p.clock.now.Add(time.Millisecond)
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationRetryAt, p.clock.now.UTC().Format(time.RFC3339Nano))
	if err := p.Patch(t.Context(), p.store, client.RawPatch(types.MergePatchType, patch)); err != nil {
		t.Fatal(err)
	}
}

// TestRetryEndsThePauseOfARelease lets Helm fail because the cluster refuses Services, first for a while and then for so long that a
// person is needed, and removes the cause.
func TestRetryEndsThePauseOfARelease(t *testing.T) {
	p := newManualStore(t, "retried")
	policy := noServices(p.store.Name)
	for _, object := range policy {
		if err := p.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	probe := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "probe", Labels: map[string]string{v1alpha1.LabelStore: p.store.Name}},
		Spec:       corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone},
	}
	eventually(t, "the policy to be in force", func(ctx context.Context) error {
		if err := p.Create(ctx, probe.DeepCopy(), client.DryRunAll); err == nil {
			return fmt.Errorf("a service is admitted")
		}
		return nil
	})
	if err := p.Create(t.Context(), p.store); err != nil {
		t.Fatal(err)
	}
	defer abandon(t, p, p.store)
	eventually(t, "three failures", func(ctx context.Context) error {
		p.clock.now = p.clock.now.Add(time.Minute)
		if err := p.pass(ctx); err != nil {
			return err
		}
		if cause := p.store.Status.Cause; p.store.State() != v1alpha1.StateProvisioning || !cause.Certain() || cause.Reason != v1alpha1.ReasonInstallFailed {
			return fmt.Errorf("the store is %s because of %+v", p.store.State(), cause)
		}
		return nil
	})
	p.clock.now = time.Now().Add(diagnose.RetryWindow + time.Minute)
	if err := p.pass(t.Context()); err != nil || p.store.State() != v1alpha1.StateFailed {
		t.Fatalf("after %s the store is %s because of %+v (%v)", diagnose.RetryWindow, p.store.State(), p.store.Status.Cause, err)
	}
	for _, object := range policy {
		if err := p.Delete(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the policy to be gone", func(ctx context.Context) error { return p.Create(ctx, probe.DeepCopy(), client.DryRunAll) })

	failures := p.store.Status.Release.Failures
	if err := p.pass(t.Context()); err != nil || p.store.State() != v1alpha1.StateFailed || p.store.Status.Release.Failures != failures {
		t.Fatalf("in its pause the store is %s after %d failures, want Failed after %d (%v)", p.store.State(), p.store.Status.Release.Failures, failures, err)
	}
	p.requestRetry(t)
	if err := p.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := released(p, p.store.Name)(t.Context()); err != nil {
		t.Errorf("after the requested retry: %v", err)
	}
}

// noServices refuses the services of a store.
func noServices(store string) []client.Object {
	name := metav1.ObjectMeta{Name: "no-services-of-" + store}
	return []client.Object{
		&admissionv1.ValidatingAdmissionPolicy{ObjectMeta: name, Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionv1.MatchResources{
				ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{v1alpha1.LabelStore: store}},
				ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Create},
					Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"services"}},
				}}},
			},
			Validations: []admissionv1.Validation{{Expression: "false"}},
		}},
		&admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: name, Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: name.Name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		}},
	}
}

// TestRetryReplacesFailedPods requests a retry for a store with a pod that crashes and one that is ready.
func TestRetryReplacesFailedPods(t *testing.T) {
	p := newManualStore(t, "replaced")
	if err := p.Create(t.Context(), p.store); err != nil {
		t.Fatal(err)
	}
	defer abandon(t, p, p.store)
	var failed, healthy corev1.Pod
	eventually(t, "the pods", func(ctx context.Context) error {
		if err := p.pass(ctx); err != nil {
			return err
		}
		var err error
		if failed, err = p.pod(ctx, "server"); err == nil {
			healthy, err = p.pod(ctx, "worker")
		}
		return err
	})
	failed.Status.ContainerStatuses = []corev1.ContainerStatus{{
		Name: "server", RestartCount: 3, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
		LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1}},
	}}
	healthy.Status.Phase = corev1.PodRunning
	healthy.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now()}}
	for _, pod := range []*corev1.Pod{&failed, &healthy} {
		if err := p.Status().Update(t.Context(), pod); err != nil {
			t.Fatal(err)
		}
	}
	p.clock.now = time.Now().Add(10 * time.Second) // Well after the pods were created, and long enough for a diagnosis.
	if err := p.pass(t.Context()); err != nil || !p.store.Status.Cause.Certain() {
		t.Fatalf("the store is %s: %+v (%v)", p.store.State(), p.store.Status.Cause, err)
	}
	if pod, err := p.pod(t.Context(), "server"); err != nil || pod.UID != failed.UID {
		t.Fatalf("no retry was requested, and the pod is %s instead of %s (%v)", pod.UID, failed.UID, err)
	}
	p.requestRetry(t)
	eventually(t, "another pod", func(ctx context.Context) error {
		if err := p.pass(ctx); err != nil {
			return err
		}
		pod, err := p.pod(ctx, "server")
		if err == nil && pod.UID == failed.UID {
			return fmt.Errorf("it is the same pod")
		}
		return err
	})
	if pod, err := p.pod(t.Context(), "worker"); err != nil || pod.UID != healthy.UID {
		t.Errorf("the healthy pod is %s now, was %s (%v)", pod.UID, healthy.UID, err)
	}
}

// pod returns the pod of a component that is not being deleted.
func (p *manualStore) pod(ctx context.Context, component string) (corev1.Pod, error) {
	var pods corev1.PodList
	err := p.List(ctx, &pods, client.InNamespace(p.store.Status.Namespace), client.MatchingLabels{"app.kubernetes.io/component": component})
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp.IsZero() {
			return pod, err
		}
	}
	return corev1.Pod{}, fmt.Errorf("no pod of %s: %w", component, err)
}
