// Package v1alpha1 holds the Store object: the one place where the API server and the controller meet.
//
// +kubebuilder:object:generate=true
// +groupName=shopflow.dev
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

//go:generate go tool -modfile=../../hack/tools/go.mod controller-gen object crd paths=. output:crd:dir=../../charts/shopflow/files

// GroupName is the API group of every ShopFlow object.
const GroupName = "shopflow.dev"

// GroupVersion returns the group and version of this package.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}
}

// AddToScheme registers the types of this package.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion(), &Store{}, &StoreList{})
	metav1.AddToGroupVersion(scheme, GroupVersion())
	return nil
}
