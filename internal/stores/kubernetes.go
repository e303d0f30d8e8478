package stores

import (
	"context"
	"errors"
	"net"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"shopflow.dev/shopflow/internal/problem"
)

// refusedValue matches how the API server may begin a message: with the value that it refused.
var refusedValue = regexp.MustCompile(`(?s)^(?:Invalid|Unsupported|Required|Duplicate) value: (?:(?:null|"(?:[^"\\]|\\.)*"): )?(.*)$`)

// FromKubernetes turns an error of the Kubernetes API into a *problem.Error where a person can do something about it.
func FromKubernetes(err error) error {
	var network net.Error
	switch {
	case apierrors.IsInvalid(err):
		return &problem.Error{Kind: problem.Invalid, Message: "The request is invalid", Fields: invalidFields(err), Err: err}
	case apierrors.IsServerTimeout(err), apierrors.IsTimeout(err), apierrors.IsTooManyRequests(err),
		apierrors.IsServiceUnavailable(err), meta.IsNoMatchError(err),
		errors.Is(err, context.DeadlineExceeded), errors.As(err, &network):
		return &problem.Error{Kind: problem.Unavailable, Message: "Kubernetes does not respond; try again in a moment", Err: err}
	default:
		return err
	}
}

// invalidFields reads the fields out of what the API server's validation says. The refused value says nothing new to who sent it,
// and neither does a note that not every rule was checked.
func invalidFields(err error) problem.Fields {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	var fields problem.Fields
	for _, cause := range status.Status().Details.Causes {
		message := cause.Message
		if parts := refusedValue.FindStringSubmatch(message); parts != nil {
			message = parts[1]
		}
		if strings.HasPrefix(message, "some validation rules were not checked") {
			continue
		}
		fields.Add(fieldName(cause), message)
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
