package apiclient

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Error is an answer that is not a success.
type Error struct {
	Problem Problem
}

func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Problem.Detail)
	for _, field := range e.Problem.Errors {
		fmt.Fprintf(&text, "\n  %s: %s", field.Field, field.Message)
	}
	if e.Problem.Status >= http.StatusInternalServerError && e.Problem.RequestID != "" {
		fmt.Fprintf(&text, " (request %s)", e.Problem.RequestID)
	}
	return text.String()
}

// UnreachableError means that the platform gave no answer at all.
type UnreachableError struct {
	Server string
	Err    error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("cannot reach ShopFlow at %s: %v", e.Server, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// SignOutError means that the session in which a token was created could not be ended. The token is valid nevertheless.
type SignOutError struct{ Err error }

func (e *SignOutError) Error() string {
	return fmt.Sprintf("the session could not be ended: %v", e.Err)
}

func (e *SignOutError) Unwrap() error { return e.Err }

// IsCode reports whether the error is an answer with the code.
func IsCode(err error, code ProblemCode) bool {
	var answer *Error
	return errors.As(err, &answer) && answer.Problem.Code == code
}

// newError returns the problem as an error. An answer without a problem is not from the server but from something in front of it.
func newError(response *http.Response, problem *Problem) error {
	if problem != nil && problem.Code != "" {
		return &Error{Problem: *problem}
	}
	return &Error{Problem: Problem{
		Status: response.StatusCode,
		Detail: fmt.Sprintf("%s answered %s, which is not an answer of the ShopFlow server", response.Request.URL.Host, response.Status),
	}}
}

// temporary reports whether the same request may work a little later.
func temporary(err error) bool {
	if answer, ok := errors.AsType[*Error](err); ok {
		status := answer.Problem.Status
		return status >= http.StatusInternalServerError || status == http.StatusTooManyRequests
	}
	return true
}
