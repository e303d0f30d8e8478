package apply

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Fingerprint is the SHA-256 of an object's labels and of everything but its metadata and status. Two objects of one kind and name
// with the same fingerprint are the same to people.
type Fingerprint [sha256.Size]byte

// FingerprintOf returns the fingerprint of an object.
func FingerprintOf(object client.Object) (Fingerprint, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return Fingerprint{}, fmt.Errorf("convert %s: %w", object.GetName(), err)
	}
	for _, field := range []string{"apiVersion", "kind", "metadata", "status"} {
		delete(content, field)
	}
	dropTemplateTypes(content)
	content["labels"] = object.GetLabels()
	data, err := json.Marshal(content)
	if err != nil {
		return Fingerprint{}, fmt.Errorf("encode %s: %w", object.GetName(), err)
	}
	return sha256.Sum256(data), nil
}

// dropTemplateTypes removes kind and API version from a StatefulSet's claim templates: the JSON that the API server answers contains
// them, the protobuf that fills the cache does not.
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
