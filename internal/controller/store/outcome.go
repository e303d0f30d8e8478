package store

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/diagnose"
)

// outcome is the result of one phase in one pass. The zero outcome means that the phase cannot start yet.
type outcome struct {
	status          metav1.ConditionStatus
	reason, message string
	// outlook says whether retries can cure what keeps the phase from completing.
	outlook diagnose.Outlook
	// after is when to run another pass even if no watch triggers one; zero means that watches are enough.
	after time.Duration
	// cause is what a diagnosis says beyond reason and message, nil if there was none.
	cause *diagnose.Cause
}

// done is the outcome of a phase that is complete.
func done(message string) outcome {
	return outcome{status: metav1.ConditionTrue, reason: v1alpha1.ReasonSucceeded, message: message}
}

// waiting is the outcome of a phase that continues when something else has happened.
func waiting(reason, message string) outcome {
	return outcome{status: metav1.ConditionFalse, reason: reason, message: message}
}

// retrying is the outcome of a phase that failed and that a retry may cure.
func retrying(reason, message string) outcome {
	return outcome{status: metav1.ConditionFalse, reason: reason, message: message, outlook: diagnose.Retrying}
}

// needsAction is the outcome of a phase that cannot complete until a person acts. It is retried all the same.
func needsAction(reason, message string) outcome {
	return outcome{status: metav1.ConditionFalse, reason: reason, message: message, outlook: diagnose.NeedsAction}
}

// diagnosed is the outcome of a phase whose cause is known. While there is only to wait, it suggests no fix.
func diagnosed(cause diagnose.Cause) outcome {
	if cause.Outlook == diagnose.Waiting {
		cause.Fix = ""
	}
	return outcome{status: metav1.ConditionFalse, reason: cause.Reason, message: cause.Text(), outlook: cause.Outlook, cause: &cause}
}

func (o outcome) done() bool { return o.status == metav1.ConditionTrue }

// requeue asks for another pass after a while.
func (o outcome) requeue(after time.Duration) outcome {
	o.after = after
	return o
}
