package helmrelease

import "time"

// Status is where a release stands, as Helm's storage says.
type Status string

// The statuses of a release.
const (
	// StatusAbsent means that Helm knows no such release.
	StatusAbsent Status = "Absent"
	// StatusDeployed means that the newest revision was applied in full.
	StatusDeployed Status = "Deployed"
	// StatusFailed means that the newest revision was not applied in full.
	StatusFailed Status = "Failed"
	// StatusLocked means that an action was begun and never ended: its process died.
	StatusLocked Status = "Locked"
	// StatusUninstalling means that an uninstall was begun and has not been ended.
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

// Observed is what Helm's storage knows of a release.
type Observed struct {
	Status        Status
	Revision      int
	ChartVersion  string
	Digest        string
	FirstDeployed time.Time
	// Description is Helm's own last word on the release.
	Description string
	// Inventory lists the objects of the newest revision.
	Inventory []Object
}

// Object names one object of a release.
type Object struct {
	APIVersion, Kind, Name string
}

// Desired is what a release should be.
type Desired struct {
	// Present is false when the release should go.
	Present bool
	// Digest is Chart.Digest of what should be running.
	Digest string
	// Failures counts the failed attempts at Digest, and LastFailure is when the last of them ended.
	Failures    int
	LastFailure time.Time
}

// Decision is an action, or how long to wait before asking again.
type Decision struct {
	Action Action
	After  time.Duration
}

// Decide says what to do next. It is pure; every action but None and Wait is followed by another Observe.
func Decide(observed Observed, desired Desired, now time.Time) Decision {
	if !desired.Present {
		if observed.Status == StatusAbsent {
			return Decision{Action: ActionNone}
		}
		return Decision{Action: ActionUninstall}
	}
	switch observed.Status {
	case StatusLocked:
		return Decision{Action: ActionUnlock}
	case StatusUninstalling:
		// Helm cannot take an uninstall back, so it is ended and the release is made anew.
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
