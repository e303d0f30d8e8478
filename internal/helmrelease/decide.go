package helmrelease

import (
	"time"

	helmchart "helm.sh/helm/v4/pkg/chart/v2"
)

// othersPatience is how long an action that another Helm client started may run before that client counts as dead.
const othersPatience = time.Minute

// Status is the state of a release, as Helm's storage says.
type Status string

// The statuses of a release.
const (
	// StatusAbsent means that Helm knows no such release.
	StatusAbsent Status = "Absent"
	// StatusDeployed means that the newest revision was applied in full.
	StatusDeployed Status = "Deployed"
	// StatusFailed means that the newest revision was not applied in full.
	StatusFailed Status = "Failed"
	// StatusLocked means that an install or upgrade started and never ended: its process died.
	StatusLocked Status = "Locked"
	// StatusRollingBack and StatusUninstalling mean that a rollback or uninstall started and has not ended. People start these with
	// their own Helm client, so it may still be running.
	StatusRollingBack  Status = "RollingBack"
	StatusUninstalling Status = "Uninstalling"
)

// Action is one thing to do to a release.
type Action string

// The actions.
const (
	ActionNone      Action = "None"
	ActionInstall   Action = "Install"
	ActionUpgrade   Action = "Upgrade"
	ActionUnlock    Action = "Unlock"
	ActionUninstall Action = "Uninstall"
	ActionWait      Action = "Wait"
)

// Observed is what Helm's storage knows about a release.
type Observed struct {
	Status       Status
	Revision     int
	ChartVersion string
	Digest       string
	// FirstDeployed is when the release was installed, and StartedAt when the last action on it started.
	FirstDeployed, StartedAt time.Time
	// Description is Helm's own last message about the release.
	Description string
	// Notes are the chart's rendered notes.
	Notes string
	// Inventory lists the objects of the newest revision.
	Inventory []Object
	// Values are those that the newest revision was made with, without the chart's defaults, and Labels those of its Request. Both
	// must not be changed.
	Values map[string]any
	Labels map[string]string
	// AppVersion is that of the chart.
	AppVersion string

	chart *helmchart.Chart
}

// ByOthers reports whether another Helm client started the action that runs on the release.
func (o Observed) ByOthers() bool {
	return o.Status == StatusRollingBack || o.Status == StatusUninstalling
}

// Object names one object of a release.
type Object struct {
	APIVersion, Kind, Name string
}

// Desired is what a release should be.
type Desired struct {
	// Digest is Chart.Digest of what should be running.
	Digest string
	// Failures counts the failed attempts at Digest, and LastFailure is when the last of them ended.
	Failures    int
	LastFailure time.Time
}

// Decision is an action, or how long to wait before observing again.
type Decision struct {
	Action Action
	After  time.Duration
}

// Decide returns what to do next. It is pure; every action but None and Wait is followed by another Observe.
func Decide(observed Observed, desired Desired, now time.Time) Decision {
	if wait := observed.StartedAt.Add(othersPatience).Sub(now); wait > 0 && observed.ByOthers() {
		return Decision{Action: ActionWait, After: wait}
	}
	switch observed.Status {
	case StatusLocked, StatusRollingBack:
		return Decision{Action: ActionUnlock}
	case StatusUninstalling:
		// Helm cannot undo an uninstall, so it is completed and the release is installed again.
		return Decision{Action: ActionUninstall}
	case StatusDeployed:
		if observed.Digest == desired.Digest {
			return Decision{Action: ActionNone}
		}
	}
	if wait := desired.LastFailure.Add(Backoff(desired.Failures)).Sub(now); desired.Failures > 0 && wait > 0 {
		return Decision{Action: ActionWait, After: wait}
	}
	if observed.Status == StatusAbsent {
		return Decision{Action: ActionInstall}
	}
	return Decision{Action: ActionUpgrade}
}

// Backoff returns how long to wait after that many failures in a row: 1 s, doubled each time, 30 s at most.
func Backoff(failures int) time.Duration {
	const longest = 30 * time.Second
	wait := time.Second
	for n := 1; n < failures && wait < longest; n++ {
		wait *= 2
	}
	return min(wait, longest)
}
