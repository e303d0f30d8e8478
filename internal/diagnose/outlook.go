package diagnose

import "time"

// RetryWindow is how long retries may take to cure a cause before a person is needed.
const RetryWindow = 10 * time.Minute

// Outlook says whether a cause goes away without a person.
type Outlook int

const (
	// Waiting causes look like a normal start: there is only to wait.
	Waiting Outlook = iota
	// Retrying causes are certain, and a retry may cure them within RetryWindow.
	Retrying
	// NeedsAction causes are certain, and no retry cures them.
	NeedsAction
)

// when returns the outlook of a cause that is certain only on a condition.
func (o Outlook) when(certain bool) Outlook {
	if certain {
		return o
	}
	return Waiting
}
