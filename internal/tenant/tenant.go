// Package tenant builds what fences a store in: its namespace and everything in it that the store's own chart must
// not be able to leave out. It only builds; the controller applies.
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

// AnnotationUID names the Store object that a namespace was made for, as names may be used again.
const AnnotationUID = "shopflow.dev/store-uid"

// Tenant is one store, as far as its fence is concerned.
type Tenant struct {
	Store     string
	UID       types.UID
	Namespace string
	Engine    v1alpha1.Engine
	// Entrance is the component that customers may reach.
	Entrance string
	Total    engine.Total
	// ServerAccount is the ServiceAccount of the API server.
	ServerAccount types.NamespacedName
	// IngressNamespaces are where the traffic of customers comes from.
	IngressNamespaces []string
	// APIServers are the addresses of the API server, as CIDRs. Stores must not reach it.
	APIServers []string
}

// NamespaceName returns the namespace of a store. It comes from the UID, so that a controller that died before it
// wrote the name down finds the same one again, and two stores never share one.
func NamespaceName(uid types.UID) string {
	sum := sha256.Sum256([]byte(uid))
	return "store-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:10]
}

// NewNamespace builds the namespace. Its owner reference takes it away even if the Store's finalizer was stripped.
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

// Guardrails builds the fence. The quota comes first: the cluster needs a moment to count before it lets anything in.
func (t Tenant) Guardrails() []client.Object {
	objects := []client.Object{t.quota(), t.limits(), t.serviceAccount(), t.role(), t.roleBinding()}
	for _, policy := range t.policies() {
		objects = append(objects, policy)
	}
	return objects
}

// Labels returns the marks of everything that the controller makes for the store.
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

// serviceAccount makes the account that pods get by default, before the cluster does: without a token, and without the
// moment in which pods are refused because it is not there yet.
func (t Tenant) serviceAccount() *corev1.ServiceAccount {
	no := false
	return &corev1.ServiceAccount{
		TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta:                   t.meta("default"),
		AutomountServiceAccountToken: &no,
	}
}
