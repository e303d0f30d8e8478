package diagnose

import (
	"fmt"
	"strings"
	"time"

	"shopflow.dev/shopflow/api/v1alpha1"
)

const (
	// maxHelmFailures and maxSaleFailures are how many failures in a row count as a failure rather than a hiccup.
	maxHelmFailures = 3
	maxSaleFailures = 6
	// routeDeadline is how long an ingress controller may take to serve a route.
	routeDeadline = time.Minute
)

// Helm names the cause behind a failed Helm action, one of several in a row.
func Helm(text string, upgrade, badValues bool, failures int) Cause {
	if cause := Refusal(text); cause.Reason != "" && cause.Reason != v1alpha1.ReasonApplyFailed {
		return cause
	}
	if badValues {
		return Cause{
			Reason:  v1alpha1.ReasonValuesInvalid,
			Message: "The chart rejects the store's values: " + brief(text),
			Fix:     "Delete the store and create it again with different settings",
			Outlook: NeedsAction,
		}
	}
	cause := Cause{
		Reason: v1alpha1.ReasonInstallFailed, Message: "Helm cannot install the store: " + brief(text),
		Fix:     "Fix the Helm error; ShopFlow keeps retrying",
		Outlook: Retrying.when(failures >= maxHelmFailures),
	}
	if upgrade {
		cause.Reason, cause.Message = v1alpha1.ReasonUpgradeFailed, "Helm cannot upgrade the store: "+brief(text)
	}
	return cause
}

// Route names the cause when no ingress controller serves a store's route.
func Route(class, host string, since, now time.Time) Cause {
	return Cause{
		Reason:  v1alpha1.ReasonRouteNotAccepted,
		Message: fmt.Sprintf("No ingress controller of class %s serves %s", class, host),
		Fix:     fmt.Sprintf("Check that the ingress controller of class %s is running, or set the cluster's class in the platform's values", class),
		Outlook: Retrying.when(now.Sub(since) > routeDeadline),
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
	cause := Cause{
		Reason: v1alpha1.ReasonSaleFailed, Message: "The sale failed",
		Fix:     "Check the store's logs; ShopFlow keeps retrying the sale",
		Outlook: Retrying.when(sale.Failures >= maxSaleFailures),
	}
	if sale.Number > 0 {
		cause.Message += fmt.Sprintf(" at step %d of %d", sale.Number, sale.Of)
	}
	if sale.Step != "" {
		cause.Message += fmt.Sprintf(", %q", sale.Step)
	}
	answer := brief(sale.Answer)
	switch {
	case sale.Status != 0:
		answer = strings.TrimSpace(fmt.Sprintf("the store answered %d %s", sale.Status, answer))
	case sale.Detail != "":
		answer = brief(sale.Detail)
		cause.Fix = "Check that the platform can reach the store's address; ShopFlow keeps retrying the sale"
	}
	if answer != "" {
		cause.Message += ": " + answer
	}
	if sale.Step != "" {
		cause.Chain = []Link{{"Sale", sale.Step, answer}}
	}
	return cause
}

// Advice says what to do about a reason that was found without looking at the cluster, empty if there is only to wait.
func Advice(reason string) string {
	switch reason {
	case v1alpha1.ReasonEngineUnavailable:
		return "Choose an engine and a version that the platform offers"
	case v1alpha1.ReasonDataLost:
		return "Restore the volumes, or start with what is left: shopflow store reset NAME --yes-start-empty"
	case v1alpha1.ReasonNamespaceTaken:
		return "Delete the store and create it again"
	case v1alpha1.ReasonNamespaceTerminating:
		return "Check what keeps the store's namespace from being deleted"
	case v1alpha1.ReasonLocked:
		return "Check that the Kubernetes API responds; ShopFlow keeps retrying"
	case v1alpha1.ReasonApplyFailed:
		return "Fix the Kubernetes error; ShopFlow keeps retrying"
	default:
		return ""
	}
}
