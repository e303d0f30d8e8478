// Package tenant builds what isolates a store: its namespace and the guard rails in it, which the store's own chart cannot leave out. It
// only builds; the controller applies.
package tenant

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine"
)

// AnnotationUID is the UID of the Store that a namespace belongs to, because names can be reused.
const AnnotationUID = "shopflow.dev/store-uid"

// Tenant is what the isolation of one store depends on.
type Tenant struct {
	Store     string
	UID       types.UID
	Namespace string
	Engine    v1alpha1.Engine
	// Frontend is the component that customers may reach.
	Frontend string
	// Size is what the store runs.
	Size engine.Size
	// Quota is the store's quota as it is, nil if there is none yet.
	Quota *corev1.ResourceQuota
	// ServerAccount is the ServiceAccount of the API server.
	ServerAccount types.NamespacedName
	// IngressNamespaces are the namespaces that customers' traffic comes from.
	IngressNamespaces []string
	// APIServers are the addresses of the API server, as CIDRs. Stores cannot reach it.
	APIServers []string
}

// NamespaceName returns the namespace of a store. It is derived from the UID, so that a controller that died before it wrote the name to
// the status finds the same namespace again, and two stores never share one.
func NamespaceName(uid types.UID) string {
	sum := sha256.Sum256([]byte(uid))
	return v1alpha1.StoreNamespacePrefix + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:10]
}

// NewNamespace builds the namespace. Its owner reference deletes it even if a person removed the Store's finalizer.
func (t Tenant) NewNamespace() *corev1.Namespace {
	labels := t.Labels()
	for _, mode := range []string{"enforce", "audit", "warn"} {
		labels["pod-security.kubernetes.io/"+mode] = "restricted"
	}
	return &corev1.Namespace{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        t.Namespace,
			Labels:      labels,
			Annotations: map[string]string{AnnotationUID: string(t.UID)},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: v1alpha1.GroupVersion().String(), Kind: "Store", Name: t.Store, UID: t.UID,
			}},
		},
	}
}

// Guardrails builds the objects that bound a store. The quota comes first: the cluster counts it before it admits anything.
func (t Tenant) Guardrails() []client.Object {
	objects := []client.Object{t.quota(), t.limits(), t.serviceAccount(), t.role(), t.roleBinding()}
	for _, policy := range t.policies() {
		objects = append(objects, policy)
	}
	return objects
}

// Labels returns the labels of every object that the controller creates for the store.
func (t Tenant) Labels() map[string]string {
	return map[string]string{
		v1alpha1.LabelStore:            t.Store,
		"app.kubernetes.io/name":       string(t.Engine),
		"app.kubernetes.io/instance":   t.Store,
		"app.kubernetes.io/managed-by": "shopflow",
	}
}

func (t Tenant) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: t.Namespace, Labels: t.Labels()}
}

// serviceAccount builds the account that pods use by default, so that it exists without a token before the cluster creates one: pods are
// refused while there is none.
func (t Tenant) serviceAccount() *corev1.ServiceAccount {
	no := false
	return &corev1.ServiceAccount{
		TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta:                   t.meta("default"),
		AutomountServiceAccountToken: &no,
	}
}
