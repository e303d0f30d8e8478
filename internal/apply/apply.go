// Package apply writes objects by server-side apply, and only where they are not yet as they should be.
package apply

import (
	"context"
	"fmt"
	"reflect"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Applier applies objects as one field owner. It is safe for concurrent use.
type Applier struct {
	client client.Client
	owner  client.FieldOwner
	cache  *cache
}

// New returns an Applier. The client should read from a cache: an object is read before it is written.
func New(client client.Client, owner client.FieldOwner) *Applier {
	return &Applier{client: client, owner: owner, cache: newCache()}
}

// Apply makes the live object match desired, which must say its kind. It writes nothing where neither of the two has changed since
// the last write. Forget drops what is cached under the group.
func (a *Applier) Apply(ctx context.Context, group string, desired client.Object) error {
	key := desired.GetObjectKind().GroupVersionKind().Kind + "/" + desired.GetName()
	fingerprint, err := FingerprintOf(desired)
	if err != nil {
		return err
	}
	if last, ok := a.cache.get(group, key); ok && last.desired == fingerprint {
		if unchanged, err := a.unchanged(ctx, desired, last.live); err != nil || unchanged {
			return err
		}
	}
	live, err := a.write(ctx, desired)
	if err != nil {
		return err
	}
	a.cache.put(group, key, entry{desired: fingerprint, live: live})
	return nil
}

// Forget drops what is cached under a group.
func (a *Applier) Forget(group string) { a.cache.forget(group) }

// unchanged reports whether the live object is still as it was right after the last write.
func (a *Applier) unchanged(ctx context.Context, desired client.Object, last Fingerprint) (bool, error) {
	live := emptyLike(desired)
	if err := a.client.Get(ctx, client.ObjectKeyFromObject(desired), live); apierrors.IsNotFound(err) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("read %s: %w", desired.GetName(), err)
	}
	fingerprint, err := FingerprintOf(live)
	return fingerprint == last, err
}

// write applies an object and returns the fingerprint of what the API server made of it.
func (a *Applier) write(ctx context.Context, desired client.Object) (Fingerprint, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(desired)
	if err != nil {
		return Fingerprint{}, fmt.Errorf("convert %s: %w", desired.GetName(), err)
	}
	unstructured.RemoveNestedField(content, "status")
	unstructured.RemoveNestedField(content, "metadata", "creationTimestamp")
	object := &unstructured.Unstructured{Object: content}
	if object.GetKind() == "NetworkPolicy" {
		ownEmptyRules(content)
	}
	err = a.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), a.owner, client.ForceOwnership)
	if err != nil {
		return Fingerprint{}, fmt.Errorf("apply %s %s: %w", object.GetKind(), desired.GetName(), err)
	}
	live := emptyLike(desired)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, live); err != nil {
		return Fingerprint{}, fmt.Errorf("convert %s: %w", desired.GetName(), err)
	}
	return FingerprintOf(live)
}

// ownEmptyRules sets the rules of a network policy that has none to an empty list. A field that is left out belongs to no owner, so a
// rule that another client adds would stay.
func ownEmptyRules(policy map[string]any) {
	spec, ok := policy["spec"].(map[string]any)
	if !ok {
		return
	}
	for _, direction := range []string{"ingress", "egress"} {
		if spec[direction] == nil {
			spec[direction] = []any{}
		}
	}
}

// emptyLike returns a new object of the same type.
func emptyLike(object client.Object) client.Object {
	return reflect.New(reflect.TypeOf(object).Elem()).Interface().(client.Object)
}
