package v1alpha1

import (
	"time"

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

	// Updated says whether the store is what its spec says. A change that was refused left it as it was.
	Updated = "Updated"
	// Checked says whether the shop still sold after it was last changed. It is there once a shop has been.
	Checked = "Checked"
	// VersionOffered says whether new stores can still have the version that this one runs.
	VersionOffered = "VersionOffered"
	// UpToDate says whether the store runs the images and the chart that the platform brings today for its version.
	UpToDate = "UpToDate"

	Ready       = "Ready"
	Reconciling = "Reconciling"
	Stalled     = "Stalled"
)

// Phases returns the condition types of the phases in their order.
func Phases() []string {
	return []string{NamespaceReady, GuardrailsReady, CredentialsReady, Released, WorkloadsReady, Exposed, Selling}
}

// Reasons of conditions and causes; docs/failures.md explains the causes.
const (
	ReasonPending   = "Pending"
	ReasonSucceeded = "Succeeded"

	ReasonDataLost             = "DataLost"
	ReasonNamespaceTerminating = "NamespaceTerminating"
	ReasonNamespaceTaken       = "NamespaceTaken"
	ReasonApplyFailed          = "ApplyFailed"
	ReasonEngineUnavailable    = "EngineUnavailable"

	ReasonInstallFailed = "InstallFailed"
	ReasonUpgradeFailed = "UpgradeFailed"
	ReasonLocked        = "Locked"
	ReasonValuesInvalid = "ValuesInvalid"

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

	ReasonChangeRefused     = "ChangeRefused"
	ReasonChanging          = "Changing"
	ReasonChecking          = "Checking"
	ReasonCheckFailed       = "CheckFailed"
	ReasonCannotCheck       = "CannotCheck"
	ReasonVersionNotOffered = "VersionNotOffered"
	ReasonOutdated          = "Outdated"
	ReasonRefreshing        = "Refreshing"
	ReasonRefreshFailed     = "RefreshFailed"

	ReasonDeleting      = "Deleting"
	ReasonDeleteBlocked = "DeleteBlocked"
)

// State is what people see of a store.
type State string

// The states that people see.
const (
	// StateProvisioning means that ShopFlow creates or updates the store. If something fails, the cause says what, and ShopFlow retries.
	StateProvisioning State = "Provisioning"
	// StateReady means that the store sells.
	StateReady State = "Ready"
	// StateDegraded means that the store has sold but something is wrong now. ShopFlow repairs it or retries.
	StateDegraded State = "Degraded"
	// StateFailed means that a person is needed: no retry can cure the cause, or none has for long. ShopFlow retries all the same.
	StateFailed State = "Failed"
	// StateDataLost means that volumes are gone on which people's orders were. ShopFlow does not start an empty shop in their place.
	StateDataLost State = "DataLost"
	// StateDeleting means that the store and its data are being deleted.
	StateDeleting State = "Deleting"
)

// States returns all states, in the order in which people look for them.
func States() []State {
	return []State{StateProvisioning, StateReady, StateDegraded, StateFailed, StateDataLost, StateDeleting}
}

// Names that the parts of the platform agree on.
const (
	// LabelStore is on every object of a store; its value is the store's name.
	LabelStore = "shopflow.dev/store"
	// LabelComponent is Kubernetes' own label for the part of a store that an object belongs to.
	LabelComponent = "app.kubernetes.io/component"
	// StoreNamespacePrefix begins the names of the stores' namespaces.
	StoreNamespacePrefix = "store-"
	// Finalizer keeps a Store until everything it owned is gone.
	Finalizer = "shopflow.dev/store"
	// AnnotationRetryAt requests a retry at once: its value is the time of the request, in RFC 3339 with nanoseconds.
	AnnotationRetryAt = "shopflow.dev/retry-at"
	// AnnotationRefreshAt requests that a store which sells gets the images and the chart that the platform brings today: its value is the
	// time of the request, in RFC 3339 with nanoseconds.
	AnnotationRefreshAt = "shopflow.dev/refresh-at"
	// AnnotationStartEmptyAt accepts the loss of a store's data, so that it starts with what is there: its value is the time of the request, in
	// RFC 3339 with nanoseconds.
	AnnotationStartEmptyAt = "shopflow.dev/start-empty-at"
	// CredentialsSecret is the name of the Secret with a store's credentials, in the store's namespace.
	CredentialsSecret = "store-credentials" // #nosec G101 -- the name of a Secret
	// MachineSecret is the name of the Secret by whose token a shop knows the platform, in the store's namespace.
	MachineSecret = "store-machine" // #nosec G101 -- the name of a Secret
	// KeyToken and KeyPreviousToken are keys of that Secret: a shop takes both.
	KeyToken         = "token"
	KeyPreviousToken = "previous"
	// KeyAdminEmail, KeyAdminPassword and KeyPublishableKey are keys of that Secret.
	KeyAdminEmail     = "admin-email"
	KeyAdminPassword  = "admin-password"
	KeyPublishableKey = "publishable-key"
)

// State summarizes the conditions for people. It is pure; API, command line and dashboard all show it. Conditions of an earlier spec do
// not count, so that a store whose spec was just changed is Provisioning.
func (s *Store) State() State {
	switch {
	case !s.DeletionTimestamp.IsZero():
		return StateDeleting
	case s.Status.DataLoss != nil:
		return StateDataLost
	case s.currently(Stalled, metav1.ConditionTrue):
		return StateFailed
	case s.currently(Ready, metav1.ConditionTrue):
		return StateReady
	case s.currently(Ready, metav1.ConditionFalse) && meta.IsStatusConditionTrue(s.Status.Conditions, Selling):
		return StateDegraded
	default:
		return StateProvisioning
	}
}

// currently reports whether a condition has a status for the current spec.
func (s *Store) currently(kind string, status metav1.ConditionStatus) bool {
	c := meta.FindStatusCondition(s.Status.Conditions, kind)
	return c != nil && c.Status == status && c.ObservedGeneration == s.Generation
}

// RequestedRefresh returns the newest request for a refresh, whether the controller has taken it yet or not; nil if there never was one. A
// request waits until the one before it has ended.
func (s *Store) RequestedRefresh() *Refresh {
	last := s.Status.Refresh.DeepCopy()
	requested, err := time.Parse(time.RFC3339Nano, s.Annotations[AnnotationRefreshAt])
	requested = requested.UTC().Truncate(time.Microsecond) // More is not kept in a status.
	if err == nil && (last == nil || last.EndedAt != nil && requested.After(last.RequestedAt.Time)) {
		return &Refresh{RequestedAt: metav1.NewMicroTime(requested)}
	}
	return last
}

// Certain reports whether something is wrong, as opposed to not ready yet: such a cause suggests a fix. A nil cause is not certain.
func (c *Cause) Certain() bool { return c != nil && c.Fix != "" }
