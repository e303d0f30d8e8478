package v1alpha1

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestState(t *testing.T) {
	condition := func(kind string, status metav1.ConditionStatus, generation int64) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, ObservedGeneration: generation}
	}
	ready, notReady := condition(Ready, metav1.ConditionTrue, 2), condition(Ready, metav1.ConditionFalse, 2)
	stalled := condition(Stalled, metav1.ConditionTrue, 2)
	deleted := metav1.Now()
	tests := map[string]struct {
		reason     string
		deleted    *metav1.Time
		conditions []metav1.Condition
		want       State
	}{
		"New":            {"nobody has looked at it", nil, nil, StateProvisioning},
		"OnItsWay":       {"it is not ready and nothing is wrong", nil, []metav1.Condition{notReady}, StateProvisioning},
		"Ready":          {"it sells", nil, []metav1.Condition{ready}, StateReady},
		"ReadyOfOldSpec": {"it sold before the spec was changed", nil, []metav1.Condition{condition(Ready, metav1.ConditionTrue, 1)}, StateProvisioning},
		"Stalled":        {"waiting does not help", nil, []metav1.Condition{notReady, stalled}, StateFailed},
		"NotStalled":     {"it did", nil, []metav1.Condition{ready, condition(Stalled, metav1.ConditionFalse, 2)}, StateReady},
		"Deleted":        {"it is on its way out, whatever it was", &deleted, []metav1.Condition{ready, stalled}, StateDeleting},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			store := &Store{
				ObjectMeta: metav1.ObjectMeta{Generation: 2, DeletionTimestamp: test.deleted},
				Status:     StoreStatus{Conditions: test.conditions},
			}
			if got := store.State(); got != test.want {
				t.Errorf("%s: got %s, want %s", test.reason, got, test.want)
			}
		})
	}
}
