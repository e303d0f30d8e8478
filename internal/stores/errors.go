package stores

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Kind says what a caller can do about an error.
type Kind int

// The kinds of errors.
const (
	// Invalid means that the request must change; Fields say where.
	Invalid Kind = iota + 1
	// NotFound means that there is no such store.
	NotFound
	// Conflict means that the name is in use by a store with other wishes.
	Conflict
	// Deleting means that the store is being deleted.
	Deleting
	// NotReady means that what was asked for will be there later.
	NotReady
	// NoLogs means that nothing has been started yet that could write a log.
	NoLogs
	// BadPage means that there is no such page of a list.
	BadPage
	// EngineUnavailable means that this platform cannot make stores with that engine or version.
	EngineUnavailable
	// Unavailable means that Kubernetes does not answer; the same request may work later.
	Unavailable
)

// Error is an error that a person can do something about. Its message is a sentence for that person.
type Error struct {
	Kind    Kind
	Message string
	Fields  []FieldError
	Err     error // what lies below; for logs, not for people
}

// FieldError says why the value of a field was not accepted.
type FieldError struct {
	Field   string
	Message string
}

func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Message)
	for _, field := range e.Fields {
		fmt.Fprintf(&text, "; %s: %s", field.Field, field.Message)
	}
	if e.Err != nil {
		text.WriteString(": " + e.Err.Error())
	}
	return text.String()
}

func (e *Error) Unwrap() error { return e.Err }

// IsKind reports whether the error is an *Error of the kind.
func IsKind(err error, kind Kind) bool {
	var known *Error
	return errors.As(err, &known) && known.Kind == kind
}

func notFound(name string) error {
	return &Error{Kind: NotFound, Message: fmt.Sprintf("There is no store named %q", name)}
}

// sentence begins with a capital letter.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

func invalid(fields []FieldError) error {
	return &Error{Kind: Invalid, Message: "The store cannot be made like this", Fields: fields}
}

// FromKubernetes turns an error of the Kubernetes API into an *Error where a person can do something about it.
func FromKubernetes(err error) error {
	var network net.Error
	switch {
	case apierrors.IsInvalid(err):
		return invalid(fieldErrors(err))
	case apierrors.IsServerTimeout(err), apierrors.IsTimeout(err), apierrors.IsTooManyRequests(err),
		apierrors.IsServiceUnavailable(err), meta.IsNoMatchError(err),
		errors.Is(err, context.DeadlineExceeded), errors.As(err, &network):
		return &Error{Kind: Unavailable, Message: "Kubernetes does not answer just now; try again in a moment", Err: err}
	default:
		return err
	}
}

// fieldErrors reads the fields out of what the API server's validation says. Its texts may begin with the value that was
// refused, which says nothing new to who sent it, and it may add that it has not looked at everything.
func fieldErrors(err error) []FieldError {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	prefix := regexp.MustCompile(`(?s)^(?:Invalid|Unsupported|Required|Duplicate) value: (?:(?:null|"(?:[^"\\]|\\.)*"): )?(.*)$`)
	var fields []FieldError
	for _, cause := range status.Status().Details.Causes {
		message := cause.Message
		if parts := prefix.FindStringSubmatch(message); parts != nil {
			message = parts[1]
		}
		if strings.HasPrefix(message, "some validation rules were not checked") {
			continue
		}
		fields = append(fields, FieldError{Field: fieldName(cause), Message: message})
	}
	return fields
}

// fieldName translates a path in the Store object into the field of a request. The rules about the whole object are all about
// its name.
func fieldName(cause metav1.StatusCause) string {
	field := strings.TrimPrefix(strings.TrimPrefix(cause.Field, "spec."), "metadata.")
	if field == "" || field == "<nil>" {
		return "name"
	}
	return field
}
