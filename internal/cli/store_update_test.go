package cli

import (
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
)

func TestMessage(t *testing.T) {
	for name, test := range map[string]struct {
		condition apiclient.Condition
		want      string
	}{
		"Refused": {apiclient.Condition{Type: v1alpha1.Updated, Reason: v1alpha1.ReasonChangeRefused, Message: "No node has room"}, "No node has room"},
		"Made":    {apiclient.Condition{Type: v1alpha1.Updated, Reason: v1alpha1.ReasonSucceeded, Message: "The store is what its spec says"}, ""},
		"Other":   {apiclient.Condition{Type: v1alpha1.Ready, Reason: v1alpha1.ReasonPending, Message: "Waiting"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := message(apiclient.Store{Conditions: []apiclient.Condition{test.condition}}, v1alpha1.ReasonChangeRefused); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
