package auth

import (
	"errors"
	"time"
)

// Kind says what a caller can do about an error.
type Kind int

// The kinds of errors.
const (
	// Invalid means that the request must change; Fields say where.
	Invalid Kind = iota + 1
	// Unauthenticated means that the credentials are none, or not valid any more.
	Unauthenticated
	// SignInFailed means that address and password do not belong together, or that a provider did not say who somebody is.
	SignInFailed
	// TooManyAttempts means that there were too many failures; RetryAfter says how long to wait.
	TooManyAttempts
	// Busy means that nobody had time for the request; it changed nothing.
	Busy
	// NotFound means that there is no such user or token.
	NotFound
	// Conflict means that the e-mail address belongs to another account.
	Conflict
	// LastAdmin means that nobody would be left to administer the platform.
	LastAdmin
	// SignUpClosed means that only administrators make accounts.
	SignUpClosed
	// Forbidden means that the credentials are good, but not for this.
	Forbidden
	// ProviderUnavailable means that an identity provider does not answer.
	ProviderUnavailable
	// EmailMissing means that an identity provider vouches for no e-mail address.
	EmailMissing
	// Disabled means that the account must not sign in.
	Disabled
)

// Error is an error that a person can do something about. Its message is a sentence for that person.
type Error struct {
	Kind       Kind
	Message    string
	Fields     []FieldError
	RetryAfter time.Duration
	Err        error // what lies below; for logs, not for people
}

// FieldError says why the value of a field was not accepted.
type FieldError struct {
	Field   string
	Message string
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// IsKind reports whether the error is an *Error of the kind.
func IsKind(err error, kind Kind) bool {
	known, ok := errors.AsType[*Error](err)
	return ok && known.Kind == kind
}

func unauthenticated() error {
	return &Error{Kind: Unauthenticated, Message: "These credentials are not valid, or not any more"}
}

func signInFailed() error {
	return &Error{Kind: SignInFailed, Message: "The e-mail address or the password is wrong"}
}

func noUser() error { return &Error{Kind: NotFound, Message: "There is no such user"} }

func noToken() error { return &Error{Kind: NotFound, Message: "There is no such token"} }

func emailTaken() error {
	return &Error{Kind: Conflict, Message: "There is an account with this e-mail address already"}
}

func lastAdmin() error {
	return &Error{Kind: LastAdmin, Message: "This is the last administrator; make another one first"}
}
