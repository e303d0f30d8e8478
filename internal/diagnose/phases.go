package diagnose

import (
	"fmt"
	"time"

	"shopflow.dev/shopflow/api/v1alpha1"
)

const (
	// failuresUntilSure is how many failed Helm actions in a row count as a failure rather than a hiccup, and
	// salesUntilSure how many failed sales. Both are tried on and on all the same.
	failuresUntilSure = 3
	salesUntilSure    = 6
	// routedWithin is how long an ingress controller may take to take a route up.
	routedWithin = time.Minute
)

// Helm names the cause behind a failed Helm action, one of several in a row.
func Helm(text string, upgrade, badValues bool, failures int) Cause {
	if cause := Refusal(text); cause.Reason != "" && cause.Reason != v1alpha1.ReasonApplyFailed {
		return cause
	}
	cause := Cause{
		Reason: v1alpha1.ReasonInstallFailed, Message: "Helm cannot install the store: " + brief(text),
		Fix: "Put right what Helm says; it is tried again all the time", Sure: failures >= failuresUntilSure,
	}
	if upgrade {
		cause.Reason, cause.Message = v1alpha1.ReasonUpgradeFailed, "Helm cannot upgrade the store: "+brief(text)
	}
	if badValues {
		cause.Reason, cause.Message, cause.Sure = v1alpha1.ReasonValuesInvalid, "The chart does not take the store's values: "+brief(text), true
		cause.Fix = "Delete the store and make it again with other wishes"
	}
	return cause
}

// Route names the cause when no ingress controller has taken a store's route up.
func Route(class, host string, since, now time.Time) Cause {
	return Cause{
		Reason:  v1alpha1.ReasonRouteNotAccepted,
		Message: fmt.Sprintf("No ingress controller of class %s has taken up the route to %s", class, host),
		Fix:     fmt.Sprintf("Look whether the ingress controller of class %s runs, or name the class that the cluster has in the platform's values", class),
		Sure:    now.Sub(since) > routedWithin,
	}
}

// Sale is what is known of a sale that failed.
type Sale struct {
	// Step is the name of the step that failed, number Number of Of; without a number it came before all of them.
	Step       string
	Number, Of int
	// Status and Answer are the store's, zero if it did not answer.
	Status int
	Answer string
	// Detail says what is wrong where the store's answer does not.
	Detail string
	// Failures counts the failed sales in a row.
	Failures int
}

// FailedSale names the cause behind a sale that failed.
func FailedSale(sale Sale) Cause {
	cause := Cause{Reason: v1alpha1.ReasonSaleFailed, Message: "The sale failed", Sure: sale.Failures >= salesUntilSure}
	if sale.Number > 0 {
		cause.Message += fmt.Sprintf(" at step %d of %d", sale.Number, sale.Of)
	}
	if sale.Step != "" {
		cause.Message += fmt.Sprintf(", %q", sale.Step)
	}
	answer := brief(sale.Answer)
	switch {
	case sale.Status != 0:
		answer = fmt.Sprintf("the store answered %d %s", sale.Status, brief(sale.Answer))
		cause.Fix = "Look at the logs of the store for what it says there; the sale is tried again all the time"
	case sale.Detail != "":
		answer = brief(sale.Detail)
		cause.Fix = "Look whether the store's address leads to it from the platform; the sale is tried again all the time"
	}
	if answer != "" {
		cause.Message += ": " + answer
	}
	if cause.Fix == "" {
		cause.Fix = "Look at the logs of the store; the sale is tried again all the time"
	}
	if sale.Step != "" {
		cause.Chain = []Link{{"Sale", sale.Step, answer}}
	}
	return cause
}

// Advice says what to do about a cause that was found without looking at the cluster. Empty means that there is only to wait.
func Advice(reason string) string {
	switch reason {
	case v1alpha1.ReasonEngineUnavailable:
		return "Choose an engine and a version that the platform offers"
	case v1alpha1.ReasonNamespaceTaken:
		return "Delete the store and make it again"
	case v1alpha1.ReasonNamespaceTerminating:
		return "Look at what keeps the namespace of the store before it from going"
	case v1alpha1.ReasonApplyFailed:
		return "Put right what Kubernetes says; it is tried again all the time"
	case v1alpha1.ReasonDeleteBlocked:
		return "Remove what is named; the deletion goes on by itself"
	default:
		return ""
	}
}
