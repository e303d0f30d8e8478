package controller

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// fieldOwner owns what the controller applies.
const fieldOwner = client.FieldOwner("shopflow")

// fingerprint is the part of an object that people decide: its labels and everything but status and bookkeeping.
type fingerprint [sha256.Size]byte

// memory remembers how objects looked right after they were applied, so that a pass over a quiet store writes nothing.
// Losing it costs one needless write for each object.
type memory struct {
	mu      sync.Mutex
	objects map[string]map[string]appliedObject
}

type appliedObject struct{ wanted, seen fingerprint }

func newMemory() *memory { return &memory{objects: map[string]map[string]appliedObject{}} }

func (m *memory) get(group, key string) (appliedObject, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	object, ok := m.objects[group][key]
	return object, ok
}

func (m *memory) put(group, key string, object appliedObject) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.objects[group] == nil {
		m.objects[group] = map[string]appliedObject{}
	}
	m.objects[group][key] = object
}

func (m *memory) forget(group string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, group)
}

// apply makes an object as wanted says, unless it is so already. The store's namespace is the group under which it is
// remembered.
func (r *Reconciler) apply(ctx context.Context, namespace string, wanted client.Object) error {
	kind := wanted.GetObjectKind().GroupVersionKind().Kind
	key := kind + "/" + wanted.GetName()
	want, err := fingerprintOf(wanted)
	if err != nil {
		return err
	}
	if known, ok := r.applied.get(namespace, key); ok && known.wanted == want {
		live := emptyLike(wanted)
		err := r.Client.Get(ctx, client.ObjectKeyFromObject(wanted), live)
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("read %s: %w", key, err)
		}
		if err == nil {
			if seen, err := fingerprintOf(live); err != nil || seen == known.seen {
				return err
			}
		}
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(wanted)
	if err != nil {
		return fmt.Errorf("convert %s: %w", key, err)
	}
	unstructured.RemoveNestedField(content, "status")
	unstructured.RemoveNestedField(content, "metadata", "creationTimestamp")
	if kind == "NetworkPolicy" {
		closeGaps(content)
	}
	object := &unstructured.Unstructured{Object: content}
	err = r.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), fieldOwner, client.ForceOwnership)
	if err != nil {
		return fmt.Errorf("apply %s: %w", key, err)
	}
	after := emptyLike(wanted)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, after); err != nil {
		return fmt.Errorf("convert %s: %w", key, err)
	}
	seen, err := fingerprintOf(after)
	if err != nil {
		return err
	}
	r.applied.put(namespace, key, appliedObject{wanted: want, seen: seen})
	return nil
}

// closeGaps says of a network policy without rules that it has none. A field that is merely left out would belong to
// whoever fills it in, and a rule that somebody adds would stay.
func closeGaps(policy map[string]any) {
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

// dropTemplateTypes takes kind and API version out of a StatefulSet's claim templates: they are in the JSON that the API
// server answers, but lost in the protobuf that fills the cache.
func dropTemplateTypes(content map[string]any) {
	templates, _, _ := unstructured.NestedFieldNoCopy(content, "spec", "volumeClaimTemplates")
	list, ok := templates.([]any)
	if !ok {
		return
	}
	for _, item := range list {
		if template, ok := item.(map[string]any); ok {
			delete(template, "apiVersion")
			delete(template, "kind")
		}
	}
}

// emptyLike returns a new object of the same type.
func emptyLike(object client.Object) client.Object {
	return reflect.New(reflect.TypeOf(object).Elem()).Interface().(client.Object)
}

// fingerprintOf hashes what people decide about an object.
func fingerprintOf(object client.Object) (fingerprint, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return fingerprint{}, fmt.Errorf("convert %s: %w", object.GetName(), err)
	}
	for _, field := range []string{"apiVersion", "kind", "metadata", "status"} {
		delete(content, field)
	}
	dropTemplateTypes(content)
	content["labels"] = object.GetLabels()
	data, err := json.Marshal(content)
	if err != nil {
		return fingerprint{}, fmt.Errorf("encode %s: %w", object.GetName(), err)
	}
	return sha256.Sum256(data), nil
}
