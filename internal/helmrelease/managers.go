package helmrelease

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/resource"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// formerFieldManager is what fieldManager was in version 0.1.0.
const formerFieldManager = "shopflow"

// renameManager gives fieldManager what its former name owns in a release's objects. Otherwise a field that a later revision leaves out
// would stay in the object, because its former owner still claims it.
func (c *Client) renameManager(namespace, name string) error {
	release, err := c.last(namespace, name)
	if err != nil || release == nil {
		return err
	}
	resources, err := c.kube(namespace).Build(strings.NewReader(release.Manifest), false)
	if err != nil {
		return fmt.Errorf("read manifest of release %s: %w", name, err)
	}
	for _, info := range resources {
		err := retry.RetryOnConflict(retry.DefaultRetry, func() error { return renameManagerOf(info) })
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("rename the field manager of %s: %w", info.Name, err)
		}
	}
	return nil
}

func renameManagerOf(info *resource.Info) error {
	if err := info.Get(); err != nil {
		return err
	}
	object, err := meta.Accessor(info.Object)
	if err != nil {
		return err
	}
	entries, changed, err := renamed(object.GetManagedFields(), formerFieldManager, fieldManager)
	if err != nil || !changed {
		return err
	}
	patch, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/metadata/managedFields", "value": entries},
		{"op": "replace", "path": "/metadata/resourceVersion", "value": object.GetResourceVersion()},
	})
	if err != nil {
		return err
	}
	_, err = resource.NewHelper(info.Client, info.Mapping).Patch(info.Namespace, info.Name, types.JSONPatchType, patch, nil)
	return err
}

// renamed returns the entries with one applier under another name. If both have applied the object, the new name owns what either did.
func renamed(entries []metav1.ManagedFieldsEntry, from, to string) ([]metav1.ManagedFieldsEntry, bool, error) {
	find := func(manager string) int {
		return slices.IndexFunc(entries, func(entry metav1.ManagedFieldsEntry) bool {
			return entry.Manager == manager && entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == ""
		})
	}
	old, kept := find(from), find(to)
	if old < 0 {
		return entries, false, nil
	}
	entries = slices.Clone(entries)
	if kept < 0 {
		entries[old].Manager = to
		return entries, true, nil
	}
	both, err := union(entries[old].FieldsV1, entries[kept].FieldsV1)
	if err != nil {
		return nil, false, err
	}
	entries[kept].FieldsV1 = both
	return slices.Delete(entries, old, old+1), true, nil
}

func union(a, b *metav1.FieldsV1) (*metav1.FieldsV1, error) {
	var all fieldpath.Set
	for _, fields := range []*metav1.FieldsV1{a, b} {
		if fields == nil {
			continue
		}
		var set fieldpath.Set
		if err := set.FromJSON(fields.GetRawReader()); err != nil {
			return nil, fmt.Errorf("read managed fields: %w", err)
		}
		all = *all.Union(&set)
	}
	raw, err := all.ToJSON()
	if err != nil {
		return nil, fmt.Errorf("write managed fields: %w", err)
	}
	return metav1.NewFieldsV1(string(raw)), nil
}

// scaledByCluster reports whether the cluster itself sets an object's number of replicas, by the subresource that is for that, as it does
// where a HorizontalPodAutoscaler tells it to.
func scaledByCluster(entries []metav1.ManagedFieldsEntry) bool {
	return slices.ContainsFunc(entries, func(entry metav1.ManagedFieldsEntry) bool {
		if entry.Manager != "kube-controller-manager" || entry.Subresource != "scale" || entry.FieldsV1 == nil {
			return false
		}
		var fields fieldpath.Set
		err := fields.FromJSON(entry.FieldsV1.GetRawReader())
		return err == nil && fields.Has(fieldpath.MakePathOrDie("spec", "replicas"))
	})
}
