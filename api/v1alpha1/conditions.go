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
	ReasonQuotaExceeded    = "QuotaExceeded"
	ReasonVolumeNotBound   = "VolumeNotBound"
	ReasonProbeFailing     = "ProbeFailing"
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
