// Package problem is the errors that a person can do something about. Use cases return them, and internal/server answers with
// them: it alone knows which status and code a kind has.
package problem

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what the caller of a use case can do about an error.
type Kind int

// The kinds of errors.
const (
	// Internal means that people can do nothing about it; the log has the details.
	Internal Kind = iota

	// Invalid means that fields of the request are not accepted; Fields say which.
	Invalid
	// Malformed means that the request cannot be read.
	Malformed
	// BodyTooLarge means that the body of the request exceeds its bound.
	BodyTooLarge
	// BodyTimeout means that the body of the request did not arrive in time.
	BodyTimeout
	// UnsupportedMediaType means that the body of the request is not JSON.
	UnsupportedMediaType
	// MethodNotAllowed means that the path exists, but not with this method.
	MethodNotAllowed
	// CrossOrigin means that a page of another site sent the request.
	CrossOrigin
	// InvalidContinue means that a list has no such page.
	InvalidContinue

	// Unauthenticated means that credentials are missing or no longer valid.
	Unauthenticated
	// SignInFailed means that address and password do not belong together, or that a provider did not confirm the person.
	SignInFailed
	// EmailMissing means that an identity provider confirms no e-mail address.
	EmailMissing
	// AccountDisabled means that the account must not sign in.
	AccountDisabled
	// TooManyAttempts means that there were too many failed sign-ins; RetryAfter says how long to wait.
	TooManyAttempts
	// Forbidden means that the credentials are valid, but do not allow this.
	Forbidden
	// SignUpClosed means that only administrators create accounts.
	SignUpClosed

	// NotFound means that there is no such user, token, identity provider or path.
	NotFound
	// UserConflict means that the e-mail address belongs to another account.
	UserConflict
	// UserOwnsStores means that a user cannot be deleted before their stores.
	UserOwnsStores
	// LastAdministrator means that the platform would have no administrator left.
	LastAdministrator

	// StoreNotFound means that there is no such store.
	StoreNotFound
	// StoreConflict means that the name is in use by a store with different settings.
	StoreConflict
	// StoreDeleting means that the store is being deleted.
	StoreDeleting
	// EngineUnavailable means that this platform cannot create stores with that engine or version.
	EngineUnavailable

	// CredentialsNotReady means that the store has no credentials yet.
	CredentialsNotReady
	// LogsNotReady means that no part of the store that could write a log has started yet.
	LogsNotReady
	// TooManyRequests means that the client has used up its rate; RetryAfter says how long to wait.
	TooManyRequests
	// TooManyStreams means that no more streams can be opened.
	TooManyStreams
	// NotReady means that the server has just started.
	NotReady
	// Unavailable means that something that the request needs does not answer or is busy. The request changed nothing.
	Unavailable
	// ProviderUnavailable means that an identity provider does not answer.
	ProviderUnavailable
)

// Error is an error that a person can do something about.
type Error struct {
	Kind Kind
	// Message is a sentence for that person.
	Message string
	Fields  Fields
	// RetryAfter is how long to wait before the same request; 0 means that this is not known.
	RetryAfter time.Duration
	// Err is the cause, for logs and not for people.
	Err error
}

// Errorf returns an *Error with the message.
func Errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Message)
	for _, field := range e.Fields {
		fmt.Fprintf(&text, "; %s: %s", field.Name, field.Message)
	}
	if e.Err != nil {
		text.WriteString(": " + e.Err.Error())
	}
	return text.String()
}

func (e *Error) Unwrap() error { return e.Err }

// IsKind reports whether the error is an *Error of the kind.
func IsKind(err error, kind Kind) bool {
	known, ok := errors.AsType[*Error](err)
	return ok && known.Kind == kind
}

// Field says why the value of a field is not accepted.
type Field struct {
	Name, Message string
}

// Fields collects the fields that are not accepted. The zero value accepts everything.
type Fields []Field

// Add refuses the field, unless the message is empty.
func (f *Fields) Add(name, message string) {
	if message != "" {
		*f = append(*f, Field{Name: name, Message: message})
	}
}

// Err returns an error of the kind Invalid, or nil if every field is accepted.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Message: "The request is invalid", Fields: f}
}
