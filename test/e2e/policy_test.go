package e2e

import (
	"context"
	"errors"
	"fmt"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// policy is a rule of the cluster's operator for some of the objects of one store.
type policy struct {
	store string
	// component narrows it to one, where it is not empty.
	component string
	// group, resource and operation are what it is for.
	group, resource string
	operation       admissionv1.OperationType
	// change is a JSON patch in CEL. Without one, the policy refuses.
	change string
}

// impose makes a policy. It is called again and again until it returns nil: then the policy is in force.
func (p *platform) impose(ctx context.Context, rule policy) error {
	for _, object := range rule.objects() {
		if err := p.kube.Create(ctx, object); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("impose a policy: %w", err)
		}
	}
	if free, err := p.free(ctx, rule.selector().MatchLabels); err != nil || free {
		return errors.Join(err, errors.New("the policy is not in force yet"))
	}
	return nil
}

// lift takes the policies for a store away, and waits until they are no longer in force.
func (p *platform) lift(ctx context.Context, store string) error {
	var failures []error
	for _, object := range append(policy{store: store}.objects(), policy{store: store, change: "any"}.objects()...) {
		failures = append(failures, client.IgnoreNotFound(p.kube.Delete(ctx, object)))
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	every := policy{store: store, component: "server"}.selector().MatchLabels
	return errors.Join(append(failures, poll(ctx, "the policies for "+store+" are gone", func(ctx context.Context) error {
		if free, err := p.free(ctx, every); err != nil || !free {
			return errors.Join(err, errors.New("they are in force"))
		}
		return nil
	}))...)
}

// free reports whether no policy is in force for objects with such labels. No store has ConfigMaps, so that one may tell: it is
// refused, or cannot be changed in the way of pods and Ingresses.
func (p *platform) free(ctx context.Context, labels map[string]string) (bool, error) {
	canary := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "canary", Labels: labels}}
	err := p.kube.Create(ctx, canary, client.DryRunAll)
	if apierrors.IsForbidden(err) || apierrors.IsInvalid(err) || apierrors.IsInternalError(err) {
		return false, nil
	}
	return err == nil, err
}

func (rule policy) selector() *metav1.LabelSelector {
	labels := map[string]string{v1alpha1.LabelStore: rule.store}
	if rule.component != "" {
		labels["app.kubernetes.io/component"] = rule.component
	}
	return &metav1.LabelSelector{MatchLabels: labels}
}

// objects returns the policy and its binding.
func (rule policy) objects() []client.Object {
	name := metav1.ObjectMeta{Name: "injected-" + rule.store}
	match := &admissionv1.MatchResources{ObjectSelector: rule.selector(), ResourceRules: []admissionv1.NamedRuleWithOperations{
		named(rule.group, rule.resource, rule.operation), named("", "configmaps", admissionv1.Create),
	}}
	if rule.change == "" {
		return []client.Object{
			&admissionv1.ValidatingAdmissionPolicy{ObjectMeta: name, Spec: admissionv1.ValidatingAdmissionPolicySpec{
				MatchConstraints: match, Validations: []admissionv1.Validation{{Expression: "false", Message: "not in this cluster"}},
			}},
			&admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: name, Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
				PolicyName: name.Name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
			}},
		}
	}
	return []client.Object{
		&admissionv1.MutatingAdmissionPolicy{ObjectMeta: name, Spec: admissionv1.MutatingAdmissionPolicySpec{
			MatchConstraints: match, ReinvocationPolicy: admissionv1.NeverReinvocationPolicy, Mutations: []admissionv1.Mutation{{
				PatchType: admissionv1.PatchTypeJSONPatch, JSONPatch: &admissionv1.JSONPatch{Expression: rule.change},
			}},
		}},
		&admissionv1.MutatingAdmissionPolicyBinding{ObjectMeta: name, Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{PolicyName: name.Name}},
	}
}

func named(group, resource string, operation admissionv1.OperationType) admissionv1.NamedRuleWithOperations {
	return admissionv1.NamedRuleWithOperations{RuleWithOperations: admissionv1.RuleWithOperations{
		Operations: []admissionv1.OperationType{operation},
		Rule:       admissionv1.Rule{APIGroups: []string{group}, APIVersions: []string{"*"}, Resources: []string{resource}},
	}}
}
