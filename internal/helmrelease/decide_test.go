package helmrelease

import (
	"testing"
	"time"
)

func TestDecide(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	wanted := Desired{Digest: "new"}
	failedBefore := func(failures int, ago time.Duration) Desired {
		return Desired{Digest: "new", Failures: failures, LastFailure: now.Add(-ago)}
	}
	tests := map[string]struct {
		reason   string
		observed Observed
		desired  Desired
		want     Decision
	}{
		"Absent":              {"nothing is there yet", Observed{Status: StatusAbsent}, wanted, Decision{Action: ActionInstall}},
		"InSync":              {"what runs is what is wanted", Observed{Status: StatusDeployed, Digest: "new"}, wanted, Decision{Action: ActionNone}},
		"OutOfSync":           {"chart or values have changed", Observed{Status: StatusDeployed, Digest: "old"}, wanted, Decision{Action: ActionUpgrade}},
		"NoDigest":            {"a release that another client upgraded is upgraded back", Observed{Status: StatusDeployed}, wanted, Decision{Action: ActionUpgrade}},
		"Locked":              {"a crash interrupted an action", Observed{Status: StatusLocked, Digest: "new"}, wanted, Decision{Action: ActionUnlock}},
		"LockedAfterFailures": {"unlocking changes nothing, so it need not wait", Observed{Status: StatusLocked}, failedBefore(9, 0), Decision{Action: ActionUnlock}},
		"Uninstalling":        {"an uninstall cannot be undone", Observed{Status: StatusUninstalling}, wanted, Decision{Action: ActionUninstall}},
		"FailedFirst":         {"a crash that was unlocked is continued at once", Observed{Status: StatusFailed}, wanted, Decision{Action: ActionUpgrade}},
		"FailedJustNow":       {"failures are not repeated at once", Observed{Status: StatusFailed}, failedBefore(1, 0), Decision{Action: ActionWait, After: time.Second}},
		"FailedHalfWay":       {"only the rest of the wait is left", Observed{Status: StatusFailed}, failedBefore(3, 3*time.Second), Decision{Action: ActionWait, After: time.Second}},
		"FailedLongAgo":       {"the wait is over", Observed{Status: StatusFailed}, failedBefore(3, 4*time.Second), Decision{Action: ActionUpgrade}},
		"AbsentAfterFailure":  {"an install that was refused before it left a record waits too", Observed{Status: StatusAbsent}, failedBefore(2, time.Second), Decision{Action: ActionWait, After: time.Second}},
		"OutOfSyncFailed":     {"an upgrade that failed before it left a record waits too", Observed{Status: StatusDeployed, Digest: "old"}, failedBefore(1, 0), Decision{Action: ActionWait, After: time.Second}},
		"InSyncAfterFailures": {"what runs is what is wanted, whatever came before", Observed{Status: StatusDeployed, Digest: "new"}, failedBefore(5, 0), Decision{Action: ActionNone}},
		"RollingBack": {
			"a person's rollback is not disturbed",
			Observed{Status: StatusRollingBack, StartedAt: now.Add(-20 * time.Second)},
			wanted,
			Decision{Action: ActionWait, After: 40 * time.Second},
		},
		"RollingBackForLong": {
			"its process must be dead", Observed{Status: StatusRollingBack, StartedAt: now.Add(-time.Minute)}, wanted, Decision{Action: ActionUnlock},
		},
		"UninstallingNow": {
			"a person's uninstall is not disturbed",
			Observed{Status: StatusUninstalling, StartedAt: now.Add(-20 * time.Second)},
			wanted,
			Decision{Action: ActionWait, After: 40 * time.Second},
		},
		"RolledBack": {"the Store says what runs", Observed{Status: StatusDeployed, Digest: "old", Revision: 3}, wanted, Decision{Action: ActionUpgrade}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Decide(test.observed, test.desired, now); got != test.want {
				t.Errorf("%s: got %+v, want %+v", test.reason, got, test.want)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 6: 30 * time.Second, 1000: 30 * time.Second,
	} {
		if got := Backoff(failures); got != want {
			t.Errorf("Backoff(%d) = %s, want %s", failures, got, want)
		}
	}
}
