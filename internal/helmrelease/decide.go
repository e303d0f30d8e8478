package helmrelease

import "time"

// rollbackPatience is how long a rollback that a person started may run before its process counts as dead.
const rollbackPatience = time.Minute

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
	// StatusRollingBack means that a rollback started and has not ended. Only people roll back, so it may still be running.
	StatusRollingBack Status = "RollingBack"
	// StatusUninstalling means that an uninstall started and has not ended.
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
	// FirstDeployed is when the release was installed, and LastDeployed when the newest revision was started.
	FirstDeployed, LastDeployed time.Time
	// Description is Helm's own last message about the release.
	Description string
	// Notes are the chart's rendered notes.
	Notes string
	// Inventory lists the objects of the newest revision.
	Inventory []Object
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
	switch observed.Status {
	case StatusLocked:
		return Decision{Action: ActionUnlock}
	case StatusRollingBack:
		if wait := observed.LastDeployed.Add(rollbackPatience).Sub(now); wait > 0 {
			return Decision{Action: ActionWait, After: wait}
		}
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
