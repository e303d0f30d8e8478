package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

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

	// Refresh is the last request to run the store with what the platform brings today, and what came of it.
	//
	// +optional
	Refresh *Refresh `json:"refresh,omitempty"`

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

// Refresh is a request to run a store with the images and the chart that the platform brings today for its version.
type Refresh struct {
	// RequestedAt is the time that the request names.
	RequestedAt metav1.MicroTime `json:"requestedAt"`

	// EndedAt is when the store ran them and had sold with them, or was back at what it ran before.
	//
	// +optional
	EndedAt *metav1.MicroTime `json:"endedAt,omitempty"`

	// Failure says why the store runs what it ran before, empty if it does not.
	//
	// +optional
	Failure string `json:"failure,omitempty"`
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
