package helmrelease

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	helmkube "helm.sh/helm/v4/pkg/kube"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/resource"
)

// The marks by which Helm knows its own objects. The SDK adds them while it applies, and they are not in the manifest.
const (
	labelManagedBy             = "app.kubernetes.io/managed-by"
	annotationReleaseName      = "meta.helm.sh/release-name"
	annotationReleaseNamespace = "meta.helm.sh/release-namespace"
)

// Correct applies the manifest of the newest revision again: deleted objects are restored, and changes are reverted. It adds no
// revision, since the release itself did not change. It returns the objects as they are now.
func (c *Client) Correct(_ context.Context, namespace, name string) ([]*unstructured.Unstructured, error) {
	return bound(&c.calls, namespace, name, callTimeout, func() ([]*unstructured.Unstructured, error) { return c.correct(namespace, name) })
}

func (c *Client) correct(namespace, name string) ([]*unstructured.Unstructured, error) {
	release, err := c.last(namespace, name)
	if err != nil {
		return nil, err
	}
	if release == nil {
		return nil, fmt.Errorf("correct release %s: it is gone", name)
	}
	client := c.kube(namespace)
	resources, err := client.Build(strings.NewReader(release.Manifest), false)
	if err != nil {
		return nil, fmt.Errorf("read manifest of release %s: %w", name, err)
	}
	if err := resources.Visit(mark(name, namespace)); err != nil {
		return nil, fmt.Errorf("mark objects of release %s: %w", name, err)
	}
	var objects []*unstructured.Unstructured
	for _, info := range resources {
		if err := leaveScale(info); err != nil {
			return nil, fmt.Errorf("correct release %s: %w", name, err)
		}
		if err := applyAgain(client, info); err != nil {
			return nil, fmt.Errorf("correct release %s: %w", name, err)
		}
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(info.Object)
		if err != nil {
			return nil, fmt.Errorf("read object of release %s: %w", name, err)
		}
		objects = append(objects, &unstructured.Unstructured{Object: content})
	}
	return objects, nil
}

// applyAgain applies one object. Some changes by hand cannot be merged with what is wanted, as when a Service's port got another
// number: then the object is deleted and created again, if it holds no data.
func applyAgain(client helmkube.Interface, info *resource.Info) error {
	one := helmkube.ResourceList{info}
	forced := helmkube.ClientUpdateOptionServerSideApply(true, true)
	wanted := info.Object.DeepCopyObject()
	_, err := client.Update(one, one, forced)
	kind := info.Object.GetObjectKind().GroupVersionKind().Kind
	if err == nil || !apierrors.IsInvalid(err) || !slices.Contains([]string{"Service", "Ingress", "ConfigMap", "Deployment"}, kind) {
		return err
	}
	if _, errs := client.Delete(one, metav1.DeletePropagationBackground); len(errs) > 0 {
		return errors.Join(errs...)
	}
	info.Object = wanted
	_, err = client.Update(one, one, forced)
	return err
}

// leaveScale drops the replicas from an object whose number of replicas the cluster sets, as an autoscaler has it do: a correction must not
// fight that.
func leaveScale(info *resource.Info) error {
	wanted, ok := info.Object.(*unstructured.Unstructured)
	if !ok {
		return nil
	}
	if _, scales, _ := unstructured.NestedFieldNoCopy(wanted.Object, "spec", "replicas"); !scales {
		return nil
	}
	live, err := resource.NewHelper(info.Client, info.Mapping).Get(info.Namespace, info.Name)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", info.Name, err)
	}
	object, err := meta.Accessor(live)
	if err == nil && scaledByCluster(object.GetManagedFields()) {
		unstructured.RemoveNestedField(wanted.Object, "spec", "replicas")
	}
	return err
}

// mark puts Helm's marks on an object, as the SDK's own actions do.
func mark(release, namespace string) resource.VisitorFunc {
	return func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		object, err := meta.Accessor(info.Object)
		if err != nil {
			return err
		}
		labels := object.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		labels[labelManagedBy] = "Helm"
		object.SetLabels(labels)
		annotations := object.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[annotationReleaseName] = release
		annotations[annotationReleaseNamespace] = namespace
		object.SetAnnotations(annotations)
		return nil
	}
}
