package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

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

// StoreStatus is what the controller has observed.
type StoreStatus struct {
	// ObservedGeneration is the generation that the conditions describe.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// State is what people see of the store, as of ObservedGeneration.
	//
	// +optional
	State State `json:"state,omitempty"`

	// Conditions are the phases, in their order, and the summaries Ready, Reconciling and Stalled.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// Cause is why the store is not Ready, nil if it is.
	//
	// +optional
	Cause *Cause `json:"cause,omitempty"`

	// Namespace holds everything that the store owns. It is generated, never derived from the name.
	//
	// +optional
	Namespace string `json:"namespace,omitempty"`

	// URL is the storefront's public address.
	//
	// +optional
	URL string `json:"url,omitempty"`

	// AdminURL is the address of the shop's own administration.
	//
	// +optional
	AdminURL string `json:"adminURL,omitempty"`

	// Version is the engine's version that the store runs. It changes only when a person asks for it.
	//
	// +optional
	Version string `json:"version,omitempty"`

	// Release is the Helm release that the store runs from.
	//
	// +optional
	Release *Release `json:"release,omitempty"`

	// Receipt is the proof that the current release has sold something.
	//
	// +optional
	Receipt *Receipt `json:"receipt,omitempty"`

	// Title is the title that the shop has, empty if it has not said so.
	//
	// +optional
	Title string `json:"title,omitempty"`

	// Check is the last look at whether the shop still sells, after a change of its release.
	//
	// +optional
	Check *Check `json:"check,omitempty"`

	// Claims are the UIDs of the volume claims that hold the store's data, by name, since it has sold for the first time. A claim that is
	// gone or is another one has taken its data along.
	//
	// +optional
	Claims map[string]types.UID `json:"claims,omitempty"`

	// DataLoss says which data is lost, nil if none is.
	//
	// +optional
	DataLoss *DataLoss `json:"dataLoss,omitempty"`

	// Timeline says when each phase started and ended for the first time.
	//
	// +optional
	// +listType=map
	// +listMapKey=phase
	Timeline []TimelineEntry `json:"timeline,omitempty"`

	// Deletion counts what is left of a store that is being deleted.
	//
	// +optional
	Deletion *Deletion `json:"deletion,omitempty"`
}

// DataLoss is data that a store had and that is gone.
type DataLoss struct {
	// Since is when the controller noticed.
	Since metav1.Time `json:"since"`

	// Claims are the names of the volume claims that held it.
	//
	// +listType=atomic
	Claims []string `json:"claims"`
}

// Cause is why a store is not Ready.
type Cause struct {
	// Reason is one of the API's reasons.
	Reason string `json:"reason"`

	// Message says what is wrong, in one sentence without a full stop.
	Message string `json:"message"`

	// Fix says what to do about it, in one sentence without a full stop. It is empty while there is only to wait.
	//
	// +optional
	Fix string `json:"fix,omitempty"`

	// Chain leads from the store's workload to the object that failed.
	//
	// +optional
	// +listType=atomic
	Chain []CauseLink `json:"chain,omitempty"`
}

// CauseLink is an object between a store and what failed.
type CauseLink struct {
	// Kind is the object's, or Container or Event.
	Kind string `json:"kind"`

	// Name is the object's, or the reason of an Event.
	Name string `json:"name"`

	// Message is what the object says.
	//
	// +optional
	Message string `json:"message,omitempty"`
}

// Release is the observed state of a store's Helm release.
type Release struct {
	// Name is the release's name, the same as the store's.
	Name string `json:"name"`

	// Revision is the release's newest revision.
	//
	// +optional
	Revision int `json:"revision,omitempty"`

	// ChartVersion is the version of the engine's chart.
	//
	// +optional
	ChartVersion string `json:"chartVersion,omitempty"`

	// Plan is the plan that the release was last applied with.
	//
	// +optional
	Plan Plan `json:"plan,omitempty"`

	// DatabaseStorage and UploadsStorage are the sizes of the store's volumes, as quantities. A plan does not change them.
	//
	// +optional
	DatabaseStorage string `json:"databaseStorage,omitempty"`

	// +optional
	UploadsStorage string `json:"uploadsStorage,omitempty"`

	// Images are those that the release runs, full references by role.
	//
	// +optional
	Images map[string]string `json:"images,omitempty"`

	// Digest is the SHA-256 of the chart and the values that were last applied.
	//
	// +optional
	Digest string `json:"digest,omitempty"`

	// Failures counts the Helm actions for LastAttemptedDigest that failed in a row.
	//
	// +optional
	Failures int `json:"failures,omitempty"`

	// LastAttemptedDigest is the digest that Failures counts for.
	//
	// +optional
	LastAttemptedDigest string `json:"lastAttemptedDigest,omitempty"`

	// LastAttemptedAt is when the last of those Helm actions failed.
	//
	// +optional
	LastAttemptedAt *metav1.MicroTime `json:"lastAttemptedAt,omitempty"`
}

// Receipt is the proof of sale: a real order, placed through the public address and read back by the shop's administrator.
type Receipt struct {
	// OrderNumber is the number that the shop gave to the order.
	OrderNumber string `json:"orderNumber"`

	// SoldAt is when the order was read back.
	SoldAt metav1.MicroTime `json:"soldAt"`

	// Digest is that of the software that sold: of the chart, the images and all settings that a sale depends on. Other software needs
	// a proof of its own.
	//
	// +optional
	Digest string `json:"digest,omitempty"`

	// Milliseconds is how long the sale took, from the first page until the order was read back.
	Milliseconds int64 `json:"milliseconds"`

	// Steps are the sale's steps in their order.
	//
	// +listType=atomic
	Steps []ReceiptStep `json:"steps"`
}

// Check says whether a shop still sold after it was changed. A sale of a check leaves nothing, and takes no number of the customers' orders.
type Check struct {
	// Digest and Revision are those of the release that was checked.
	Digest string `json:"digest"`

	// +optional
	Revision int `json:"revision,omitempty"`

	// At is when the check ended.
	At metav1.MicroTime `json:"at"`

	// Milliseconds is how long it took, zero where the proof of sale has shown the same.
	//
	// +optional
	Milliseconds int64 `json:"milliseconds,omitempty"`

	// Impossible says why the shop could not be checked, empty if it was.
	//
	// +optional
	Impossible string `json:"impossible,omitempty"`
}

// ReceiptStep is one step of a sale.
type ReceiptStep struct {
	// Name is what the shopper did.
	Name string `json:"name"`

	// Milliseconds is how long the shop took for it.
	Milliseconds int64 `json:"milliseconds"`
}

// TimelineEntry says when a phase started and ended for the first time.
type TimelineEntry struct {
	// Phase is the condition type of the phase.
	Phase string `json:"phase"`

	// StartedAt is when the phase first started.
	StartedAt metav1.MicroTime `json:"startedAt"`

	// EndedAt is when the phase was first complete.
	//
	// +optional
	EndedAt *metav1.MicroTime `json:"endedAt,omitempty"`
}

// Deletion is the receipt of a delete: what the last pass counted.
type Deletion struct {
	// StartedAt is when the controller started the delete.
	StartedAt metav1.MicroTime `json:"startedAt"`

	// VerifiedAt is when every count was zero.
	//
	// +optional
	VerifiedAt *metav1.MicroTime `json:"verifiedAt,omitempty"`

	// Remaining counts the objects that still exist.
	Remaining Remaining `json:"remaining"`

	// Blocker names what keeps the delete from ending, in one sentence.
	//
	// +optional
	Blocker string `json:"blocker,omitempty"`
}

// Remaining counts the objects of a store by kind.
type Remaining struct {
	Namespaces             int `json:"namespaces"`
	PersistentVolumeClaims int `json:"persistentVolumeClaims"`
	PersistentVolumes      int `json:"persistentVolumes"`
	Secrets                int `json:"secrets"`
	Services               int `json:"services"`
	Ingresses              int `json:"ingresses"`
	Pods                   int `json:"pods"`
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
