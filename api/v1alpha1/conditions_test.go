package v1alpha1

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestState(t *testing.T) {
	condition := func(kind string, status metav1.ConditionStatus, generation int64) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, ObservedGeneration: generation}
	}
	ready, notReady := condition(Ready, metav1.ConditionTrue, 2), condition(Ready, metav1.ConditionFalse, 2)
	stalled, sells := condition(Stalled, metav1.ConditionTrue, 2), condition(Selling, metav1.ConditionTrue, 1)
	deleted := metav1.Now()
	tests := map[string]struct {
		reason     string
		deleted    *metav1.Time
		conditions []metav1.Condition
		want       State
	}{
		"New":              {"the controller has not seen it", nil, nil, StateProvisioning},
		"Starting":         {"it is not ready yet", nil, []metav1.Condition{notReady}, StateProvisioning},
		"Ready":            {"it sells", nil, []metav1.Condition{ready, sells}, StateReady},
		"ReadyOfOldSpec":   {"it sold before the spec was changed", nil, []metav1.Condition{condition(Ready, metav1.ConditionTrue, 1), sells}, StateProvisioning},
		"Degraded":         {"it has sold and is not ready now", nil, []metav1.Condition{notReady, sells}, StateDegraded},
		"DegradedOldSpec":  {"the spec may have repaired it", nil, []metav1.Condition{condition(Ready, metav1.ConditionFalse, 1), sells}, StateProvisioning},
		"NeverSold":        {"it is not ready and has not sold", nil, []metav1.Condition{notReady, condition(Selling, metav1.ConditionFalse, 2)}, StateProvisioning},
		"Stalled":          {"a person is needed", nil, []metav1.Condition{notReady, stalled}, StateFailed},
		"StalledAfterSale": {"a person is needed for a store that has sold, too", nil, []metav1.Condition{notReady, stalled, sells}, StateFailed},
		"StalledOfOldSpec": {"the spec may have cured it", nil, []metav1.Condition{notReady, condition(Stalled, metav1.ConditionTrue, 1)}, StateProvisioning},
		"Recovered":        {"the cause is gone", nil, []metav1.Condition{ready, sells, condition(Stalled, metav1.ConditionFalse, 2)}, StateReady},
		"DataLost":         {"volumes are gone", nil, []metav1.Condition{notReady, stalled, sells}, StateDataLost},
		"Deleted":          {"it is being deleted, whatever it was", &deleted, []metav1.Condition{ready, stalled}, StateDeleting},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			store := &Store{
				ObjectMeta: metav1.ObjectMeta{Generation: 2, DeletionTimestamp: test.deleted},
				Status:     StoreStatus{Conditions: test.conditions},
			}
			if name == "DataLost" {
				store.Status.DataLoss = &DataLoss{Claims: []string{"data-database-0"}}
			}
			if got := store.State(); got != test.want {
				t.Errorf("%s: got %s, want %s", test.reason, got, test.want)
			}
		})
	}
}

func TestStatesAreComplete(t *testing.T) {
	if states := States(); len(states) != 6 || slices.Contains(states, "") || len(slices.Compact(slices.Sorted(slices.Values(states)))) != len(states) {
		t.Errorf("states %v", states)
	}
}

func TestCertain(t *testing.T) {
	for name, test := range map[string]struct {
		cause *Cause
		want  bool
	}{
		"None":    {nil, false},
		"Waiting": {&Cause{Reason: ReasonPodsNotReady, Message: "Waiting for server"}, false},
		"Wrong":   {&Cause{Reason: ReasonVolumeFull, Message: "No space", Fix: "Enlarge the volume"}, true},
	} {
		if got := test.cause.Certain(); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
