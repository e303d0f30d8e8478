package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The phases of a store, each a condition, and their summaries (kstatus).
const (
	NamespaceReady   = "NamespaceReady"
	GuardrailsReady  = "GuardrailsReady"
	CredentialsReady = "CredentialsReady"
	Released         = "Released"
	WorkloadsReady   = "WorkloadsReady"
	Exposed          = "Exposed"
	Selling          = "Selling"

	Ready       = "Ready"
	Reconciling = "Reconciling"
	Stalled     = "Stalled"
)

// Phases returns the condition types of the phases in their order.
func Phases() []string {
	return []string{NamespaceReady, GuardrailsReady, CredentialsReady, Released, WorkloadsReady, Exposed, Selling}
}

// Reasons that conditions carry. Those that diagnose names are causes of failure.
const (
	ReasonPending   = "Pending"
	ReasonSucceeded = "Succeeded"

	ReasonNamespaceTerminating = "NamespaceTerminating"
	ReasonNamespaceTaken       = "NamespaceTaken"
	ReasonApplyFailed          = "ApplyFailed"
	ReasonEngineUnavailable    = "EngineUnavailable"

	ReasonInstalling       = "Installing"
	ReasonInstallFailed    = "InstallFailed"
	ReasonUpgradeFailed    = "UpgradeFailed"
	ReasonLocked           = "Locked"
	ReasonRetriesExhausted = "RetriesExhausted"
	ReasonValuesInvalid    = "ValuesInvalid"

	ReasonDatabaseNotReady = "DatabaseNotReady"
	ReasonPodsNotReady     = "PodsNotReady"
	ReasonImagePullFailed  = "ImagePullFailed"
	ReasonCrashLooping     = "CrashLooping"
	ReasonOutOfMemory      = "OutOfMemory"
	ReasonUnschedulable    = "Unschedulable"
	ReasonPodsForbidden    = "PodsForbidden"
	ReasonQuotaExceeded    = "QuotaExceeded"
	ReasonVolumeNotBound   = "VolumeNotBound"
	ReasonVolumeFull       = "VolumeFull"
	ReasonProbeFailing     = "ProbeFailing"
	ReasonInitFailed       = "InitFailed"
	ReasonDeadlineExceeded = "DeadlineExceeded"

	ReasonRouteNotAccepted = "RouteNotAccepted"

	ReasonSelling    = "SaleInProgress"
	ReasonSaleFailed = "SaleFailed"

	ReasonDeleting      = "Deleting"
	ReasonDeleteBlocked = "DeleteBlocked"
)

// State is what people see of a store.
type State string

// The states that people see.
const (
	StateProvisioning State = "Provisioning"
	StateReady        State = "Ready"
	StateFailed       State = "Failed"
	StateDeleting     State = "Deleting"
)

// Names that the parts of the platform agree on.
const (
	// LabelStore is on every object of a store; its value is the store's name.
	LabelStore = "shopflow.dev/store"
	// Finalizer keeps a Store until everything it owned is gone.
	Finalizer = "shopflow.dev/store"
	// AnnotationReconcileAt makes the controller look at a store again when its value changes.
	AnnotationReconcileAt = "shopflow.dev/reconcile-at"
	// AnnotationRetryAt makes the controller forget how long it would wait before it repeats what failed, when its value changes.
	AnnotationRetryAt = "shopflow.dev/retry-at"
	// CredentialsSecret is the name of the Secret with a store's credentials, in the store's namespace.
	CredentialsSecret = "store-credentials" // #nosec G101 -- the name of a Secret
	// KeyAdminEmail, KeyAdminPassword and KeyPublishableKey are keys of that Secret.
	KeyAdminEmail     = "admin-email"
	KeyAdminPassword  = "admin-password"
	KeyPublishableKey = "publishable-key"
)

// State sums up the conditions. It is a pure function, used by the API, the CLI and the dashboard alike.
func (s *Store) State() State {
	switch {
	case !s.DeletionTimestamp.IsZero():
		return StateDeleting
	case meta.IsStatusConditionTrue(s.Status.Conditions, Stalled):
		return StateFailed
	case s.ready():
		return StateReady
	default:
		return StateProvisioning
	}
}

// ready reports whether Ready speaks of the spec as it is now.
func (s *Store) ready() bool {
	c := meta.FindStatusCondition(s.Status.Conditions, Ready)
	return c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration == s.Generation
}
