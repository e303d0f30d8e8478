package helmrelease

import (
	"context"
	"errors"
	"fmt"
	"strings"

	helmkube "helm.sh/helm/v4/pkg/kube"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/cli-runtime/pkg/resource"
)

// The marks by which Helm knows its own objects. The SDK adds them while it applies, and they are not in the manifest.
const (
	labelManagedBy             = "app.kubernetes.io/managed-by"
	annotationReleaseName      = "meta.helm.sh/release-name"
	annotationReleaseNamespace = "meta.helm.sh/release-namespace"
)

// Correct applies the manifest of the newest revision again: what was deleted comes back, what was changed is changed
// back. It makes no new revision, since the release itself is as it was.
func (c *Client) Correct(_ context.Context, namespace, name string) error {
	release, err := c.last(namespace, name)
	if err != nil {
		return err
	}
	if release == nil {
		return fmt.Errorf("correct release %s: it is gone", name)
	}
	client := c.kube(namespace)
	resources, err := client.Build(strings.NewReader(release.Manifest), false)
	if err != nil {
		return fmt.Errorf("read manifest of release %s: %w", name, err)
	}
	if err := resources.Visit(mark(name, namespace)); err != nil {
		return fmt.Errorf("mark objects of release %s: %w", name, err)
	}
	if _, err := client.Update(resources, resources, helmkube.ClientUpdateOptionServerSideApply(true, true)); err != nil &&
		!errors.Is(err, helmkube.ErrNoObjectsVisited) {
		return fmt.Errorf("correct release %s: %w", name, err)
	}
	return nil
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
