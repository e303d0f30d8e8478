package helmrelease

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	helmcommon "helm.sh/helm/v4/pkg/release/common"
	"k8s.io/utils/clock"
)

// target returns the bench's release as a target that notes its actions.
func (b *bench) target(t *testing.T, actions *[]Action) Target {
	t.Helper()
	digest, err := b.request.Chart.Digest(b.request.Values)
	if err != nil {
		t.Fatal(err)
	}
	return Target{
		Request: b.request, Desired: Desired{Digest: digest}, Clock: clock.RealClock{},
		Before: func(_ context.Context, _ Observed, action Action) (bool, error) {
			*actions = append(*actions, action)
			return true, nil
		},
	}
}

func TestConverge(t *testing.T) {
	tests := map[string]struct {
		arrange func(*testing.T, *bench)
		actions []Action
		want    Action
	}{
		"Absent":   {func(*testing.T, *bench) {}, []Action{ActionInstall}, ActionNone},
		"Deployed": {installed, nil, ActionNone},
		"OutOfSync": {func(t *testing.T, b *bench) {
			installed(t, b)
			b.request.Values = map[string]any{"greeting": "other"}
		}, []Action{ActionUpgrade}, ActionNone},
		"Locked": {func(t *testing.T, b *bench) {
			installed(t, b)
			leave(t, b, helmcommon.StatusPendingUpgrade)
		}, []Action{ActionUnlock, ActionUpgrade}, ActionNone},
		"Uninstalling": {func(t *testing.T, b *bench) {
			installed(t, b)
			leave(t, b, helmcommon.StatusUninstalling)
		}, []Action{ActionUninstall, ActionInstall}, ActionNone},
		"RollingBack": {func(t *testing.T, b *bench) {
			installed(t, b)
			leave(t, b, helmcommon.StatusPendingRollback)
		}, nil, ActionWait},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			test.arrange(t, b)
			var actions []Action
			result, err := b.Converge(t.Context(), b.target(t, &actions))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(actions, test.actions) || result.Action != test.want {
				t.Errorf("did %v and stopped at %s, want %v and %s", actions, result.Action, test.actions, test.want)
			}
		})
	}
}

func installed(t *testing.T, b *bench) {
	t.Helper()
	if err := b.Install(t.Context(), b.request); err != nil {
		t.Fatal(err)
	}
}

func TestConvergeStops(t *testing.T) {
	t.Run("NotAllowed", func(t *testing.T) {
		b := newBench(t)
		target := b.target(t, new([]Action))
		target.Before = func(context.Context, Observed, Action) (bool, error) { return false, nil }
		result, err := b.Converge(t.Context(), target)
		if err != nil || result.Action != ActionInstall || b.observe(t).Status != StatusAbsent {
			t.Errorf("stopped at %+v (%v), want an install that was not done", result, err)
		}
	})
	t.Run("ActionWithoutEffect", func(t *testing.T) {
		b := newBench(t)
		var actions []Action
		target := b.target(t, &actions)
		target.Digest = "what no install leads to"
		result, err := b.Converge(t.Context(), target)
		if err != nil || result.Action != ActionUpgrade || !slices.Equal(actions, []Action{ActionInstall, ActionUpgrade}) {
			t.Errorf("did %v and stopped at %+v (%v), want one install and one upgrade", actions, result, err)
		}
	})
	t.Run("ActionFails", func(t *testing.T) {
		b := newBench(t)
		b.cluster.BuildError = errDisk
		result, err := b.Converge(t.Context(), b.target(t, new([]Action)))
		failed, ok := errors.AsType[*ActionError](err)
		if !ok || failed.Action != ActionInstall || !errors.Is(err, errDisk) || result.Observed.Status != StatusAbsent {
			t.Errorf("stopped at %+v with %v, want a failed install", result, err)
		}
	})
	t.Run("StorageFails", func(t *testing.T) {
		b := newBench(t)
		b.storage.failQuery = true
		_, err := b.Converge(t.Context(), b.target(t, new([]Action)))
		if _, ok := errors.AsType[*ActionError](err); ok || !errors.Is(err, errDisk) {
			t.Errorf("stopped with %v, want an error of the storage that is no failed action", err)
		}
	})
	t.Run("TooEarly", func(t *testing.T) {
		b := newBench(t)
		target := b.target(t, new([]Action))
		target.Failures, target.LastFailure = 3, time.Now()
		if result, err := b.Converge(t.Context(), target); err != nil || result.Action != ActionWait || result.After <= 0 {
			t.Errorf("stopped at %+v (%v), want to wait", result, err)
		}
	})
}
