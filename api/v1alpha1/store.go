package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Engine names the software that a store runs. Which engines there are is for the platform's catalog to say.
//
// +kubebuilder:validation:Pattern=`^[a-z]([a-z0-9-]*[a-z0-9])?$`
// +kubebuilder:validation:MaxLength=32
type Engine string

// Plan names the size of a store.
//
// +kubebuilder:validation:Enum=small;medium;large
type Plan string

// The plans that a Store may name.
const (
	PlanSmall  Plan = "small"
	PlanMedium Plan = "medium"
	PlanLarge  Plan = "large"
)

// StoreSpec is the desired store.
//
// +kubebuilder:validation:XValidation:rule="has(self.adminEmail) == has(oldSelf.adminEmail) && (!has(self.adminEmail) || self.adminEmail == oldSelf.adminEmail)",message="adminEmail cannot be changed here; change it in the shop's own administration"
type StoreSpec struct {
	// DisplayName is the shop's title, shown as text to customers. Empty means the store's name.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=80
	// +kubebuilder:validation:XValidation:rule="!self.matches('[\\\\x00-\\\\x09\\\\x0b-\\\\x1f\\\\x7f]')",message="displayName must not contain control characters"
	// +kubebuilder:validation:XValidation:rule="self == '' || self.trim() != ''",message="displayName must not be blank"
	DisplayName string `json:"displayName,omitempty"`

	// Engine is the shop software. It cannot be changed later.
	//
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="engine cannot be changed; create another store"
	Engine Engine `json:"engine"`

	// Version is the engine's version. Empty means the catalog's default.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^[0-9]+(\.[0-9]+){0,2}$`
	Version string `json:"version,omitempty"`

	// Plan is the store's size.
	//
	// +optional
	// +kubebuilder:default=small
	Plan Plan `json:"plan,omitempty"`

	// Owner is the account that the store belongs to. It cannot be changed.
	//
	// +optional
	// +kubebuilder:default=admin
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="owner cannot be changed"
	Owner string `json:"owner,omitempty"`

	// AdminEmail is the email address with which the shop's first administrator signs in. Empty means owner@<the store's host>. It
	// cannot be changed here: after the first start, the shop's own administration manages its accounts.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`
	AdminEmail string `json:"adminEmail,omitempty"`
}

// Store is a shop: one engine in its own namespace, on its own address. Its name is its subdomain.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=st,categories=shopflow
// +kubebuilder:metadata:annotations="helm.sh/resource-policy=keep"
// +kubebuilder:printcolumn:name="Engine",type=string,JSONPath=`.spec.engine`
// +kubebuilder:printcolumn:name="Plan",type=string,JSONPath=`.spec.plan`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.status.title`
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.url`
// +kubebuilder:printcolumn:name="Owner",type=string,JSONPath=`.spec.owner`,priority=1
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z]([a-z0-9-]*[a-z0-9])?$') && size(self.metadata.name) <= 40",message="name must be 1 to 40 lowercase letters, digits or '-', begin with a letter and end with a letter or digit"
// +kubebuilder:validation:XValidation:rule="!self.metadata.name.startsWith('xn--') && !self.metadata.name.startsWith('kube-')",message="name must not begin with 'xn--' or 'kube-'"
// +kubebuilder:validation:XValidation:rule="!(self.metadata.name in ['www','api','admin','app','mail','smtp','imap','ftp','login','auth','account','static','assets','cdn','status','docs','help','support','blog','shop','store','stores','dashboard','autodiscover','wpad','localhost','shopflow','default','system','test-connection'])",message="name is reserved; choose another"
type Store struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// +required
	Spec StoreSpec `json:"spec"`
	// +optional
	Status StoreStatus `json:"status,omitempty"`
}

// StoreList is a list of stores.
//
// +kubebuilder:object:root=true
type StoreList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Store `json:"items"`
}
