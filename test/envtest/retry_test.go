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
)

// handClock is a clock that only the test moves: no pause ends by itself.
type handClock struct {
	clock.PassiveClock
	now time.Time
}

func (c *handClock) Now() time.Time                       { return c.now }
func (c *handClock) Since(moment time.Time) time.Duration { return c.now.Sub(moment) }

// patient is a store whose controller makes a pass when the test says so.
type patient struct {
	client.Client
	controller *controller.Reconciler
	clock      *handClock
	store      *v1alpha1.Store
}

func newPatient(t *testing.T, name string) *patient {
	t.Helper()
	p := &patient{Client: newClient(t), clock: &handClock{now: time.Now()}}
	deps := depsFor(t, plane, &fakeSeller{})
	deps.Clock = p.clock
	p.controller = controller.New(deps)
	p.store = &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Engine: v1alpha1.EngineMedusa}}
	return p
}

// pass lets the controller look at the store once.
func (p *patient) pass(ctx context.Context) error {
	if err := p.Get(ctx, client.ObjectKeyFromObject(p.store), p.store); err != nil {
		return err
	}
	// An error is the controller's way to ask for another pass, so what counts is what the store says after it.
	_, failed := p.controller.Reconcile(ctx, p.store)
	if err := p.Get(ctx, client.ObjectKeyFromObject(p.store), p.store); err != nil {
		return fmt.Errorf("%w after %w", err, failed)
	}
	return nil
}

// ask writes down that somebody wants another try, at a moment after all that the clock has shown.
func (p *patient) ask(t *testing.T) {
	t.Helper()
	p.clock.now = p.clock.now.Add(time.Millisecond)
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationRetryAt, p.clock.now.UTC().Format(time.RFC3339Nano))
	if err := p.Patch(t.Context(), p.store, client.RawPatch(types.MergePatchType, patch)); err != nil {
		t.Fatal(err)
	}
}

// TestRetryEndsThePauseOfARelease lets Helm fail because the cluster refuses Services, and takes that away.
func TestRetryEndsThePauseOfARelease(t *testing.T) {
	p := newPatient(t, "retried")
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
			return fmt.Errorf("a service is let in")
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
		if cause := p.store.Status.Cause; p.store.State() != v1alpha1.StateFailed || cause.Reason != v1alpha1.ReasonInstallFailed {
			return fmt.Errorf("the store is %s because of %+v", p.store.State(), cause)
		}
		return nil
	})
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
	p.ask(t)
	if err := p.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := released(p, p.store.Name)(t.Context()); err != nil {
		t.Errorf("after somebody has asked: %v", err)
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

// TestRetryReplacesPodsThatAreNotWell asks for another try for a store with a pod that crashes and one that is ready.
func TestRetryReplacesPodsThatAreNotWell(t *testing.T) {
	p := newPatient(t, "replaced")
	if err := p.Create(t.Context(), p.store); err != nil {
		t.Fatal(err)
	}
	defer abandon(t, p, p.store)
	var sick, well corev1.Pod
	eventually(t, "the pods", func(ctx context.Context) error {
		if err := p.pass(ctx); err != nil {
			return err
		}
		var err error
		if sick, err = p.pod(ctx, "server"); err == nil {
			well, err = p.pod(ctx, "worker")
		}
		return err
	})
	sick.Status.ContainerStatuses = []corev1.ContainerStatus{{
		Name: "server", RestartCount: 3, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
		LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1}},
	}}
	well.Status.Phase = corev1.PodRunning
	well.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now()}}
	for _, pod := range []*corev1.Pod{&sick, &well} {
		if err := p.Status().Update(t.Context(), pod); err != nil {
			t.Fatal(err)
		}
	}
	p.clock.now = time.Now().Add(10 * time.Second) // Long after the pods were made, and time enough for a diagnosis.
	if err := p.pass(t.Context()); err != nil || p.store.State() != v1alpha1.StateFailed {
		t.Fatalf("the store is %s: %+v (%v)", p.store.State(), p.store.Status.Cause, err)
	}
	if pod, err := p.pod(t.Context(), "server"); err != nil || pod.UID != sick.UID {
		t.Fatalf("nobody has asked, and the pod is %s instead of %s (%v)", pod.UID, sick.UID, err)
	}
	p.ask(t)
	eventually(t, "another pod", func(ctx context.Context) error {
		if err := p.pass(ctx); err != nil {
			return err
		}
		pod, err := p.pod(ctx, "server")
		if err == nil && pod.UID == sick.UID {
			return fmt.Errorf("it is the same one")
		}
		return err
	})
	if pod, err := p.pod(t.Context(), "worker"); err != nil || pod.UID != well.UID {
		t.Errorf("the pod that was well is %s now, was %s (%v)", pod.UID, well.UID, err)
	}
}

// pod returns the pod of a component that is not on its way out.
func (p *patient) pod(ctx context.Context, component string) (corev1.Pod, error) {
	var pods corev1.PodList
	err := p.List(ctx, &pods, client.InNamespace(p.store.Status.Namespace), client.MatchingLabels{"app.kubernetes.io/component": component})
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp.IsZero() {
			return pod, err
		}
	}
	return corev1.Pod{}, fmt.Errorf("there is no pod of %s: %w", component, err)
}
