package envtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/tenant"
)

func TestWhatIsDeletedComesBack(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		p.node.on.Store(true)
		p.create(t, "demo")
		before := p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		frontend := p.recipe(t, before).Engine.Frontend
		at := func(name string) metav1.ObjectMeta {
			return metav1.ObjectMeta{Namespace: before.Status.Namespace, Name: name}
		}
		for name, object := range map[string]client.Object{
			"Deployment":    &appsv1.Deployment{ObjectMeta: at(frontend)},
			"Service":       &corev1.Service{ObjectMeta: at(frontend)},
			"Ingress":       &networkingv1.Ingress{ObjectMeta: at("store")},
			"NetworkPolicy": &networkingv1.NetworkPolicy{ObjectMeta: at("default-deny")},
			"ResourceQuota": &corev1.ResourceQuota{ObjectMeta: at(tenant.QuotaName)},
		} {
			t.Run(name, func(t *testing.T) {
				if err := p.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
					t.Fatal(err)
				}
				old := object.GetUID()
				if err := p.Delete(t.Context(), object, client.PropagationPolicy(metav1.DeletePropagationBackground)); err != nil {
					t.Fatal(err)
				}
				eventually(t, name+" to come back", func(ctx context.Context) error {
					if err := p.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
						return err
					}
					if object.GetUID() == old {
						return errors.New("still the old one")
					}
					return nil
				})
			})
		}
		after := p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		if after.Status.Release.Revision != 1 || after.Status.Receipt.SoldAt != before.Status.Receipt.SoldAt {
			t.Errorf("healing made revision %d and receipt %v, want what was there", after.Status.Release.Revision, after.Status.Receipt)
		}
		// A healed object must be known to Helm as one of its own, or an uninstall would leave it behind.
		var deployment appsv1.Deployment
		if err := p.Get(t.Context(), client.ObjectKey{Namespace: before.Status.Namespace, Name: frontend}, &deployment); err != nil {
			t.Fatal(err)
		}
		if deployment.Annotations["meta.helm.sh/release-name"] != "demo" || deployment.Labels["app.kubernetes.io/managed-by"] != "Helm" {
			t.Errorf("the Deployment that came back is not marked as Helm's: %v %v", deployment.Annotations, deployment.Labels)
		}
	})
}

func TestWhatIsChangedIsChangedBack(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		p.node.on.Store(true)
		p.create(t, "demo")
		store := p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		frontend := p.recipe(t, store).Engine.Frontend
		at := func(name string) metav1.ObjectMeta {
			return metav1.ObjectMeta{Namespace: store.Status.Namespace, Name: name}
		}
		policy := &networkingv1.NetworkPolicy{ObjectMeta: at("default-deny")}
		deployment := &appsv1.Deployment{ObjectMeta: at(frontend)}
		service := &corev1.Service{ObjectMeta: at(frontend)}
		tests := map[string]struct {
			object client.Object
			patch  string
			check  func() error
		}{
			"ReplicasOfTheFrontend": {deployment, `{"spec":{"replicas":0}}`, func() error {
				return expect(*deployment.Spec.Replicas, 1)
			}},
			"PortOfTheService": {service, `{"spec":{"ports":[{"port":81,"name":"http"}]}}`, func() error {
				return expect(service.Spec.Ports[0].Port, 80)
			}},
			"HoleInTheFence": {policy, `{"spec":{"ingress":[{}]}}`, func() error {
				return expect(int32(len(policy.Spec.Ingress)), 0)
			}},
		}
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				patch := client.RawPatch(types.MergePatchType, []byte(test.patch))
				if err := p.Patch(t.Context(), test.object, patch, client.FieldOwner("another-client")); err != nil {
					t.Fatal(err)
				}
				if test.check() == nil {
					t.Fatal("the change did not take")
				}
				eventually(t, "the change to be undone", func(ctx context.Context) error {
					if err := p.Get(ctx, client.ObjectKeyFromObject(test.object), test.object); err != nil {
						return err
					}
					return test.check()
				})
			})
		}
	})
}

// TestAnAutoscalerIsLeftAlone scales the frontend as the cluster does for an autoscaler: that stays, whatever else is corrected. What a person
// scales to nothing is still undone.
func TestAnAutoscalerIsLeftAlone(t *testing.T) {
	eachEngine(t, func(t *testing.T, p *platform) {
		p.node.on.Store(true)
		p.create(t, "demo")
		store := p.await(t, "demo", v1alpha1.Ready, metav1.ConditionTrue)
		frontend := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: store.Status.Namespace, Name: p.recipe(t, store).Engine.Frontend}}
		scale := func(replicas int32, manager client.FieldOwner) {
			t.Helper()
			body := &autoscalingv1.Scale{Spec: autoscalingv1.ScaleSpec{Replicas: replicas}}
			if err := p.SubResource("scale").Update(t.Context(), frontend, client.WithSubResourceBody(body), manager); err != nil {
				t.Fatal(err)
			}
		}
		scale(2, "kube-controller-manager")
		patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"app.kubernetes.io/managed-by":"Me"}}}`))
		if err := p.Patch(t.Context(), frontend, patch, client.FieldOwner("another-client")); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the other change to be undone", func(ctx context.Context) error {
			if err := p.Get(ctx, client.ObjectKeyFromObject(frontend), frontend); err != nil {
				return err
			}
			if by := frontend.Labels["app.kubernetes.io/managed-by"]; by != "Helm" {
				return fmt.Errorf("it is managed by %s", by)
			}
			return nil
		})
		if err := expect(*frontend.Spec.Replicas, 2); err != nil {
			t.Errorf("replicas: %v", err)
		}
		scale(0, "kubectl")
		eventually(t, "the replicas to come back", func(ctx context.Context) error {
			if err := p.Get(ctx, client.ObjectKeyFromObject(frontend), frontend); err != nil {
				return err
			}
			return expect(*frontend.Spec.Replicas, 1)
		})
	})
}

func expect(got, want int32) error {
	if got != want {
		return fmt.Errorf("got %d, want %d", got, want)
	}
	return nil
}
